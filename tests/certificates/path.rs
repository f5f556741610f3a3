//! Which chains are believed.

use twinlock::{
    certificate::{Certificate, Error, Issuer, Reason, Template, Validity, Verifier},
    ids::certificate::{MAX_CHAIN_LEN, Purpose},
    provider::SystemRng,
};

use super::support::*;

fn refused(position: usize, reason: Reason) -> Error {
    Error::Path { position, reason }
}

fn check(chain: &[&Certificate], anchor: &Certificate) -> Result<usize, Error> {
    let chain: Vec<Certificate> = chain.iter().copied().cloned().collect();
    trusting(std::slice::from_ref(anchor)).verify(&chain).map(|path| path.len())
}

/// A root, a CA below it, and an end.
struct Three {
    root: Party,
    middle: Party,
    end: Party,
}

fn three() -> Three {
    let root = Party::root(ED25519, "CN=Root", Some(1));
    let middle = root.below(&template("CN=Middle").authority(Some(0)), 2);
    let end = middle.below(&template("CN=End"), 3);
    Three { root, middle, end }
}

/// That certificate with other bytes, signed by its issuer.
fn other(certificate: &Certificate, issuer: &Party, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Certificate {
    let party = Party { key: copy(issuer), certificate: certificate.clone() };
    Certificate::from_der(&with_extensions(&party, edit)).unwrap()
}

fn copy(party: &Party) -> twinlock::sign::SigningKey {
    let seed = twinlock::secret::Seed::from_slice(party.key.seed().unwrap().secret_bytes());
    twinlock::sign::SigningKey::from_seed(provider(), party.key.algorithm(), seed).unwrap()
}

#[test]
fn a_chain_leads_to_its_anchor() {
    let Three { root, middle, end } = three();
    let (root, middle, end) = (&root.certificate, &middle.certificate, &end.certificate);
    assert_eq!(check(&[end, middle], root), Ok(3));
    assert_eq!(check(&[end, middle, root], root), Ok(3));
    assert_eq!(check(&[end], middle), Ok(2));
    assert_eq!(check(&[end, middle, root], middle), Ok(2));
    assert_eq!(check(&[end], end), Ok(1));
    assert_eq!(check(&[root], root), Ok(1));
    assert_eq!(check(&[middle], root), Ok(2));
    let alone = template("CN=Alone").self_signed(&signer(COMPOSITE, 9), &mut SystemRng).unwrap();
    assert_eq!(check(&[&alone], &alone), Ok(1));
}

#[test]
fn every_algorithm_signs_a_chain() {
    for kind in twinlock::ids::KeyKind::ALL {
        if !matches!(kind, twinlock::ids::KeyKind::Signature(_)) {
            continue;
        }
        let root = Party::root(kind, "CN=Root", None);
        let end = root.below(&template("CN=End"), 2);
        assert_eq!(check(&[&end.certificate], &root.certificate), Ok(2), "{}", kind.name());
        // The first byte and the last: of a composite, one of each half.
        for from_end in [end.certificate.algorithm().signature_len(), 1] {
            let mut bad = end.certificate.as_der().to_vec();
            let at = bad.len() - from_end;
            bad[at] ^= 1;
            let bad = Certificate::from_der(&bad).unwrap();
            assert_eq!(check(&[&bad], &root.certificate), Err(refused(0, Reason::Signature)), "{}", kind.name());
        }
    }
}

#[test]
fn a_wrong_issuer_is_told() {
    let Three { root, middle, end } = three();
    let (root, middle, end) = (&root.certificate, &middle.certificate, &end.certificate);
    assert_eq!(check(&[], root), Err(Error::EmptyChain));
    assert_eq!(check(&[end], root), Err(refused(0, Reason::NoAnchor)));
    assert_eq!(check(&[middle, end], root), Err(refused(1, Reason::NoAnchor)));
    // Of the right name, with another key; the identifiers of the keys tell.
    let stranger = template("CN=Root").authority(None).self_signed(&signer(ED25519, 7), &mut SystemRng).unwrap();
    assert_eq!(check(&[end, middle], &stranger), Err(refused(1, Reason::NoAnchor)));
    let sibling = three();
    let aside = sibling.root.below(&template("CN=Aside").authority(None), 8).certificate;
    assert_eq!(check(&[end, &aside], &sibling.root.certificate), Err(refused(0, Reason::WrongIssuer)));
    assert_eq!(trusting(&[]).verify(std::slice::from_ref(end)), Err(refused(0, Reason::NoAnchor)));
    // Without identifiers only the signature tells.
    let party = Party { key: signer(ED25519, 7), certificate: stranger };
    let bare = Certificate::from_der(&with_extensions(&party, |list| drop(list.remove(1)))).unwrap();
    assert_eq!(check(&[end, middle], &bare), Err(refused(1, Reason::Signature)));
}

#[test]
fn the_anchor_of_the_right_key_is_found_among_those_of_one_name() {
    let Three { root, middle, end } = three();
    let old = template("CN=Root").authority(None).self_signed(&signer(ED25519, 7), &mut SystemRng).unwrap();
    let anchors = [old, root.certificate];
    assert_eq!(trusting(&anchors).verify(&[end.certificate, middle.certificate]).unwrap().len(), 3);
}

#[test]
fn a_broken_signature_is_told_where_it_is() {
    let Three { root, middle, end } = three();
    let broken = |certificate: &Certificate| {
        let mut der = certificate.as_der().to_vec();
        *der.last_mut().unwrap() ^= 0x10;
        Certificate::from_der(&der).unwrap()
    };
    let (end, middle, root) = (&end.certificate, &middle.certificate, &root.certificate);
    assert_eq!(check(&[&broken(end), middle], root), Err(refused(0, Reason::Signature)));
    assert_eq!(check(&[end, &broken(middle)], root), Err(refused(1, Reason::Signature)));
    assert_eq!(check(&[end, middle], &broken(root)), Err(refused(2, Reason::Signature)));
}

#[test]
fn time_is_checked_for_all_and_both_ends_count() {
    let Three { root, middle, end } = three();
    let chain = [end.certificate, middle.certificate];
    let anchors = [root.certificate];
    let at = |text: &str| Verifier { at: time(text), ..trusting(&anchors) }.verify(&chain).map(|path| path.len());
    assert_eq!(at("2025-12-31T23:59:59Z"), Err(refused(0, Reason::NotYetValid(year().from()))));
    assert_eq!(at("2026-01-01T00:00:00Z"), Ok(3));
    assert_eq!(at("2026-12-31T23:59:59Z"), Ok(3));
    assert_eq!(at("2027-01-01T00:00:00Z"), Err(refused(0, Reason::Expired(year().until()))));

    // An issuer that ends first: no CA of ours would sign it, so the certificate is of a longer-lived one.
    let long = Party::root(ED25519, "CN=Root", None);
    let june = Validity::new(year().from(), time("2026-06-01T00:00:00Z")).unwrap();
    let short = long.below(&Template::new("CN=Short".parse().unwrap(), june).authority(None), 2);
    let longer = Party {
        certificate: long.below(&template("CN=Short").authority(None), 2).certificate,
        key: signer(ED25519, 2),
    };
    let end = longer.below(&template("CN=End"), 3).certificate;
    let expected = refused(1, Reason::Expired(time("2026-06-01T00:00:00Z")));
    assert_eq!(check(&[&end, &short.certificate], &long.certificate), Err(expected));
}

#[test]
fn only_a_ca_issues() {
    let Three { root, middle, end } = three();
    // An end that signs, as an attacker with its key would.
    let forged = resigned(end.certificate.as_der(), &end.key, |part| part[3] = part[5].clone());
    let forged = Certificate::from_der(&forged).unwrap();
    let fixed = |certificate: &Certificate, issuer: &Party| {
        other(certificate, issuer, |list| list.retain(|one| !one.windows(3).any(|arcs| arcs == id_ce(35))))
    };
    let below = fixed(&forged, &end);
    let chain = [&below, &end.certificate, &middle.certificate];
    assert_eq!(check(&chain, &root.certificate), Err(refused(1, Reason::NotACa)));
    assert_eq!(Issuer::new(&end.certificate, &end.key).unwrap_err(), Error::NotACa);

    // The CA flag without keyCertSign, and without any key usage.
    let flagged = |usage: Option<[u8; 4]>| {
        other(&middle.certificate, &root, |list| match usage {
            Some(bits) => list[0] = extension(&id_ce(15), true, &bits),
            None => drop(list.remove(0)),
        })
    };
    for usage in [Some([3, 2, 7, 0x80]), Some([3, 2, 1, 2]), None] {
        let chain = [&end.certificate, &flagged(usage)];
        assert_eq!(check(&chain, &root.certificate), Err(refused(1, Reason::NoCertSign)));
        assert_eq!(Issuer::new(&flagged(usage), &middle.key).unwrap_err(), Error::NotACa);
    }
    assert_eq!(Issuer::new(&root.certificate, &middle.key).unwrap_err(), Error::NotTheIssuersKey);
}

#[test]
fn path_lengths_count_the_cas_below() {
    let root = Party::root(ED25519, "CN=Root", Some(0));
    // Our issuer refuses, so the limit is set after the fact.
    let free = Party::root(ED25519, "CN=Root", None);
    let middle = free.below(&template("CN=Middle").authority(None), 2);
    let end = middle.below(&template("CN=End"), 3);
    let chain = [&end.certificate, &middle.certificate];
    assert_eq!(check(&chain, &free.certificate), Ok(3));
    assert_eq!(check(&chain, &root.certificate), Err(refused(2, Reason::PathLength(0))));
    // A CA that certifies itself anew is not counted.
    let renewed = middle.below(&template("CN=Middle").authority(None), 4);
    let end = renewed.below(&template("CN=End"), 3);
    let one = Party::root(ED25519, "CN=Root", Some(1));
    let chain = [&end.certificate, &renewed.certificate, &middle.certificate];
    assert_eq!(check(&chain, &one.certificate), Ok(4));
}

#[test]
fn chains_neither_loop_nor_grow() {
    let Three { root, middle, end } = three();
    let (root, middle, end) = (root.certificate, &middle.certificate, &end.certificate);
    assert_eq!(check(&[end, middle, middle], &root), Err(refused(2, Reason::Twice)));
    assert_eq!(check(&[end, middle, end, middle], &root), Err(refused(2, Reason::Twice)));

    // Two that certify each other.
    let (one, two) = (signer(ED25519, 5), signer(ED25519, 6));
    let cross = |subject: &str, number, issuer: &str, key| {
        let maker = template(issuer).authority(None).self_signed(key, &mut SystemRng).unwrap();
        let issuer = Issuer::new(&maker, key).unwrap();
        issuer.issue(&template(subject).authority(None), &public(ED25519, number), &mut SystemRng).unwrap()
    };
    let (a, b) = (cross("CN=A", 5, "CN=B", &two), cross("CN=B", 6, "CN=A", &one));
    assert_eq!(check(&[&a, &b], &root), Err(refused(1, Reason::NoAnchor)));
    assert_eq!(check(&[&a, &b, &a, &b], &root), Err(refused(2, Reason::Twice)));

    let top = Party::root(ED25519, "CN=Root", None);
    let mut line = vec![top];
    for at in 0..=MAX_CHAIN_LEN {
        let number = u8::try_from(at + 10).unwrap();
        line.push(line[at].below(&template(&format!("CN=Step {at}")).authority(None), number));
    }
    let chain: Vec<&Certificate> = line.iter().rev().map(|party| &party.certificate).collect();
    assert_eq!(check(&chain, &line[0].certificate), Err(Error::ChainTooLong));
    assert_eq!(check(&chain[..chain.len() - 1], &line[0].certificate), Err(Error::ChainTooLong));
    assert_eq!(check(&chain[1..], &line[0].certificate), Ok(MAX_CHAIN_LEN + 1));
    let many = vec![chain[0].clone(); 60];
    assert_eq!(trusting(&[root]).verify(&many), Err(Error::ChainTooLong));
}

#[test]
fn what_is_not_understood_is_refused() {
    let Three { root, middle, end } = three();
    let constrained = other(&middle.certificate, &root, |list| list.push(extension(&id_ce(30), true, &[0x30, 0])));
    let chain = [&end.certificate, &constrained];
    assert_eq!(check(&chain, &root.certificate), Err(refused(1, Reason::NameConstraints)));
    let unknown =
        |critical| other(&end.certificate, &middle, |list| list.push(extension(&[0x2a, 3, 4], critical, &[5, 0])));
    let verdict = check(&[&unknown(true), &middle.certificate], &root.certificate);
    assert!(matches!(verdict, Err(Error::Path { position: 0, reason: Reason::UnknownCritical(_) })));
    assert_eq!(check(&[&unknown(false), &middle.certificate], &root.certificate), Ok(3));
}

#[test]
fn purposes_are_kept_to() {
    let root = Party::root(ED25519, "CN=Root", None);
    let anchors = [root.certificate.clone()];
    let verdict = |wanted, given: &[Purpose]| {
        let end = root.below(&template("CN=End").purposes(given.iter().copied()), 3).certificate;
        Verifier { purpose: wanted, ..trusting(&anchors) }.verify(&[end]).map(|path| path.len())
    };
    let (server, client) = (Purpose::ServerAuth, Purpose::ClientAuth);
    assert_eq!(verdict(Some(server), &[server]), Ok(2));
    assert_eq!(verdict(Some(server), &[client, server]), Ok(2));
    assert_eq!(verdict(Some(server), &[]), Ok(2));
    assert_eq!(verdict(None, &[client]), Ok(2));
    assert_eq!(verdict(Some(server), &[client]), Err(refused(0, Reason::Purpose(server))));
    // A CA for clients alone makes no servers.
    let middle = root.below(&template("CN=Clients").authority(None).purposes([client]), 2);
    let chain = [middle.below(&template("CN=End").purposes([server]), 3).certificate, middle.certificate];
    let verifier = Verifier { purpose: Some(server), ..trusting(&anchors) };
    assert_eq!(verifier.verify(&chain).map(|path| path.len()), Err(refused(1, Reason::Purpose(server))));
    // Nor is it a client itself: its key signs certificates and lists alone.
    let verifier = Verifier { purpose: Some(client), ..trusting(&anchors) };
    assert_eq!(verifier.verify(&chain[1..]).map(|path| path.len()), Err(refused(0, Reason::KeyUsage)));
}
