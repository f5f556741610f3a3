// A harness of kat/1 in Go: answers known-answer questions, one JSON object a line. See README.md.
//
// Put your library behind the functions of operations. Each takes the inputs of its operation by name and gives
// its outputs by name. Return Reject for a bad input and Unsupported for what your library cannot do; any other
// error counts as a crash, and never as a rejection.
package main

import (
	"bufio"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// Reject says that the input is bad: modulus, length, hash, point, zero, tag, encoding, ctx or other.
type Reject string

func (r Reject) Error() string { return string(r) }

// Unsupported says that the library does not offer this: alg, op, param, key or derand.
type Unsupported string

func (u Unsupported) Error() string { return string(u) }

// Output holds outputs by name.
type Output map[string][]byte

// --- Your library -----------------------------------------------------------------------------------------------

func keygen(in Input) (Output, error) {
	dk, err := decapsulationKey(in)
	if err != nil {
		return nil, err
	}
	return Output{"ek": dk.EncapsulationKey().Bytes()}, nil // `dk`, the expanded key, may be left out
}

func encaps(in Input) (Output, error) {
	ek, m := in.Bytes("ek"), in.Bytes("m")
	if len(ek) != mlkem.EncapsulationKeySize768 || len(m) != 32 {
		return nil, Reject("length")
	}
	key, err := mlkem.NewEncapsulationKey768(ek)
	if err != nil {
		return nil, Reject("modulus")
	}
	secret, c, err := mlkemtest.Encapsulate768(key, m)
	return Output{"c": c, "K": secret}, err
}

func decaps(in Input) (Output, error) {
	dk, err := decapsulationKey(in)
	if err != nil {
		return nil, err
	}
	secret, err := dk.Decapsulate(in.Bytes("c"))
	if err != nil {
		return nil, Reject("length")
	}
	return Output{"K": secret}, nil
}

func decapsulationKey(in Input) (*mlkem.DecapsulationKey768, error) {
	if !in.Has("seed") {
		return nil, Unsupported("key") // asked with an expanded key, which crypto/mlkem does not take
	}
	dk, err := mlkem.NewDecapsulationKey768(in.Bytes("seed"))
	if err != nil {
		return nil, Reject("length")
	}
	return dk, nil
}

// Keys names the forms of private keys that an operation takes, where it takes one: "seed", "expanded".
var operations = []struct {
	Alg    string                      `json:"alg"`
	Op     string                      `json:"op"`
	Keys   []string                    `json:"key,omitempty"`
	Answer func(Input) (Output, error) `json:"-"`
}{
	{"ML-KEM-768", "keygen", nil, keygen},
	{"ML-KEM-768", "encaps", nil, encaps},
	{"ML-KEM-768", "decaps", []string{"seed"}, decaps},
}

var impl = map[string]string{"name": "my-library", "version": "0.1.0", "build": runtime.Version()}

// derand is whether encapsulation and signing take the randomness that they are given.
const derand = true

// --- The protocol -----------------------------------------------------------------------------------------------

// Input holds the inputs of a question by name.
type Input map[string]any

// Has says whether an input is given.
func (in Input) Has(name string) bool { _, ok := in[name]; return ok }

// Bytes gives an input in bytes.
func (in Input) Bytes(name string) []byte {
	text, _ := in[name].(string)
	value, err := hex.DecodeString(text)
	if err != nil {
		panic(fmt.Sprintf("%s is not hex", name))
	}
	return value
}

// Text gives the name of a hash.
func (in Input) Text(name string) string { text, _ := in[name].(string); return text }

// Number gives a length or a code point.
func (in Input) Number(name string) int { number, _ := in[name].(float64); return int(number) }

func answer(alg, op string, in Input) (reply map[string]any) {
	defer func() {
		if panicked := recover(); panicked != nil {
			reply = map[string]any{"error": fmt.Sprint(panicked)}
		}
	}()
	lack := "alg"
	for _, operation := range operations {
		if operation.Alg != alg {
			continue
		}
		lack = "op"
		if operation.Op != op {
			continue
		}
		out, err := operation.Answer(in)
		var reject Reject
		var unsupported Unsupported
		switch {
		case errors.As(err, &reject):
			return map[string]any{"reject": string(reject)}
		case errors.As(err, &unsupported):
			return map[string]any{"unsupported": string(unsupported)}
		case err != nil:
			return map[string]any{"error": err.Error()}
		}
		texts := map[string]string{}
		for name, value := range out {
			texts[name] = hex.EncodeToString(value)
		}
		return map[string]any{"out": texts}
	}
	return map[string]any{"unsupported": lack}
}

func main() {
	requests := json.NewDecoder(bufio.NewReader(os.Stdin))
	replies := json.NewEncoder(os.Stdout) // one line and one write each
	for {
		var request struct {
			Hello any             `json:"hello"`
			ID    json.RawMessage `json:"id"`
			Alg   string          `json:"alg"`
			Op    string          `json:"op"`
			In    Input           `json:"in"`
		}
		if err := requests.Decode(&request); err == io.EOF {
			return
		} else if err != nil {
			fmt.Fprintln(os.Stderr, "harness:", err)
			os.Exit(1)
		}
		var reply map[string]any
		if request.Hello != nil {
			reply = map[string]any{"kat": 1, "impl": impl, "caps": operations, "derand": derand, "inflight": 8}
		} else {
			reply = answer(request.Alg, request.Op, request.In)
			reply["id"] = request.ID
		}
		if err := replies.Encode(reply); err != nil {
			return
		}
	}
}
