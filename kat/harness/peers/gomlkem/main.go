// Go's standard library in kat/1: crypto/mlkem, mldsa, hpke, ecdh, ed25519, hkdf, the hashes and AES-GCM, and the
// hybrids composed from them. Encapsulation takes given randomness through crypto/mlkem/mlkemtest; signing ML-DSA
// takes none, and is deterministic where `rnd` is zeros.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
)

// A reject is a judgement of the library on a bad input; it is a word of kat/1.
type reject string

func (r reject) Error() string { return string(r) }

// An unsupported is what the library does not offer.
type unsupported string

func (u unsupported) Error() string { return string(u) }

// An input holds the inputs by name.
type input map[string]json.RawMessage

// bytes gives an input in bytes. A missing one is a private key in a form that is not taken here.
func (in input) bytes(name string) ([]byte, error) {
	raw, ok := in[name]
	if !ok {
		return nil, unsupported("key")
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, err
	}
	return hex.DecodeString(text)
}

func (in input) number(name string, absent int) (int, error) {
	raw, ok := in[name]
	if !ok {
		return absent, nil
	}
	var number int
	err := json.Unmarshal(raw, &number)
	return number, err
}

type output map[string][]byte

type operation struct {
	answer func(in input) (output, error)
	keys   []string
}

type name struct{ alg, op string }

var table = map[name]operation{}

// add registers an operation whose inputs are all bytes, given in this order.
func add(alg, op string, fields []string, answer func(in ...[]byte) (output, error)) {
	register(alg, op, func(in input) (output, error) {
		values := make([][]byte, len(fields))
		for at, field := range fields {
			value, err := in.bytes(field)
			if err != nil {
				return nil, err
			}
			values[at] = value
		}
		return answer(values...)
	})
}

func register(alg, op string, answer func(in input) (output, error)) {
	one := operation{answer: answer}
	if op == "decaps" || (op == "sign" && alg != "Ed25519") || op == "sign-mu" {
		one.keys = []string{"seed"}
	}
	table[name{alg, op}] = one
}

type request struct {
	Hello json.RawMessage `json:"hello"`
	ID    json.RawMessage `json:"id"`
	Alg   string          `json:"alg"`
	Op    string          `json:"op"`
	In    input           `json:"in"`
}

func answer(r request) map[string]any {
	one, ok := table[name{r.Alg, r.Op}]
	if !ok {
		for known := range table {
			if known.alg == r.Alg {
				return map[string]any{"id": r.ID, "unsupported": "op"}
			}
		}
		return map[string]any{"id": r.ID, "unsupported": "alg"}
	}
	out, err := one.answer(r.In)
	var judged reject
	var lack unsupported
	switch {
	case errors.As(err, &judged):
		return map[string]any{"id": r.ID, "reject": string(judged)}
	case errors.As(err, &lack):
		return map[string]any{"id": r.ID, "unsupported": string(lack)}
	case err != nil:
		return map[string]any{"id": r.ID, "error": err.Error()}
	}
	texts := map[string]string{}
	for field, value := range out {
		texts[field] = hex.EncodeToString(value)
	}
	return map[string]any{"id": r.ID, "out": texts}
}

func hello() map[string]any {
	caps := []map[string]any{}
	for known, one := range table {
		row := map[string]any{"alg": known.alg, "op": known.op}
		if one.keys != nil {
			row["key"] = one.keys
		}
		caps = append(caps, row)
	}
	return map[string]any{
		"kat":      1,
		"impl":     map[string]string{"name": "go", "version": runtime.Version(), "build": runtime.GOOS + "/" + runtime.GOARCH},
		"caps":     caps,
		"derand":   true,
		"inflight": 32,
	}
}

func main() {
	reader := bufio.NewReader(os.Stdin)
	writer := bufio.NewWriter(os.Stdout)
	lines := json.NewEncoder(writer)
	for {
		line, err := reader.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) == 0 {
			return
		}
		var r request
		if json.Unmarshal(line, &r) != nil {
			fmt.Fprintln(os.Stderr, "not a line of kat/1")
			os.Exit(1)
		}
		if r.Hello != nil {
			_ = lines.Encode(hello())
		} else {
			_ = lines.Encode(answer(r))
		}
		if writer.Flush() != nil || err != nil {
			return
		}
	}
}
