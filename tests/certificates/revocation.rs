//! Revocation lists.

use twinlock::{
    certificate::{Certificate, Error, Reason, Revocation, RevocationList, Validity, Verifier},
    provider::SystemRng,
};

use super::support::*;

/// The month of June.
fn june() -> Validity {
    Validity::new(time("2026-06-01T00:00:00Z"), time("2026-07-01T00:00:00Z")).unwrap()
}

fn entry(certificate: &Certificate) -> Revocation {
    Revocation { serial: certificate.serial().clone(), since: time("2026-06-02T00:00:00Z") }
}

fn list(issuer: &Party, revoked: &[&Certificate]) -> RevocationList {
    let entries: Vec<_> = revoked.iter().map(|certificate| entry(certificate)).collect();
    RevocationList::issue(&issuer.issuer(), 7, june(), &entries, &mut SystemRng).unwrap()
}

fn check(chain: &[&Certificate], root: &Party, lists: &[RevocationList], at: &str) -> Result<usize, Error> {
    let chain: Vec<_> = chain.iter().copied().cloned().collect();
    let anchors = [root.certificate.clone()];
    Verifier { lists, at: time(at), ..trusting(&anchors) }.verify(&chain).map(|path| path.len())
}

const NOW: &str = "2026-06-15T12:00:00Z";

fn refused(position: usize, reason: Reason) -> Result<usize, Error> {
    Err(Error::Path { position, reason })
}

#[test]
fn a_list_says_who_is_revoked() {
    for kind in [ED25519, ML_DSA_44, COMPOSITE] {
        let root = Party::root(kind, "CN=Root", None);
        let (one, two) = (root.below(&template("CN=One"), 2), root.below(&template("CN=Two"), 3));
        let made = list(&root, &[&one.certificate]);
        let read = RevocationList::from_bytes(made.to_pem().unwrap().as_bytes()).unwrap();
        assert_eq!((&read, read.number(), read.validity()), (&made, Some(7), june()));
        assert_eq!(read.entries(), [entry(&one.certificate)]);
        assert_eq!(read.verify(&root.certificate, provider()), Ok(()));
        let revoked = refused(0, Reason::Revoked(time("2026-06-02T00:00:00Z")));
        assert_eq!(check(&[&one.certificate], &root, std::slice::from_ref(&made), NOW), revoked);
        // What is on the list is revoked, whatever its date.
        assert_eq!(check(&[&one.certificate], &root, std::slice::from_ref(&made), "2026-06-01T00:00:00Z"), revoked);
        assert_eq!(check(&[&two.certificate], &root, &[made], NOW), Ok(2));
        assert_eq!(check(&[&one.certificate], &root, &[list(&root, &[])], NOW), Ok(2));
    }
}

#[test]
fn every_certificate_below_the_anchor_needs_a_list() {
    let root = Party::root(ED25519, "CN=Root", None);
    let middle = root.below(&template("CN=Middle").authority(None), 2);
    let end = middle.below(&template("CN=End"), 3);
    let chain = [&end.certificate, &middle.certificate];
    let (of_root, of_middle) = (list(&root, &[]), list(&middle, &[]));
    let verdict = |lists: &[RevocationList]| check(&chain, &root, lists, NOW);
    assert_eq!(verdict(&[]), Ok(3));
    assert_eq!(verdict(&[of_root.clone(), of_middle.clone()]), Ok(3));
    assert_eq!(verdict(std::slice::from_ref(&of_middle)), refused(1, Reason::NoRevocationList));
    assert_eq!(verdict(std::slice::from_ref(&of_root)), refused(0, Reason::NoRevocationList));
    let revoked = refused(1, Reason::Revoked(time("2026-06-02T00:00:00Z")));
    assert_eq!(verdict(&[list(&root, &[&middle.certificate]), of_middle.clone()]), revoked);
    // An older list beside a newer one does not hide what the newer says.
    assert_eq!(verdict(&[of_root.clone(), list(&root, &[&middle.certificate]), of_middle.clone()]), revoked);
    let stranger = Party::root(ED25519, "CN=Stranger", None);
    let lists = [of_root, of_middle, list(&stranger, &[])];
    assert_eq!(verdict(&lists), Err(Error::StrayRevocationList { position: 2 }));
}

#[test]
fn a_list_counts_for_its_time() {
    let root = Party::root(ED25519, "CN=Root", None);
    let end = root.below(&template("CN=End"), 2).certificate;
    let verdict = |at: &str| check(&[&end], &root, &[list(&root, &[])], at);
    assert_eq!(verdict("2026-05-31T23:59:59Z"), refused(0, Reason::ListNotYetValid(june().from())));
    assert_eq!(verdict("2026-06-01T00:00:00Z"), Ok(2));
    assert_eq!(verdict("2026-07-01T00:00:00Z"), Ok(2));
    assert_eq!(verdict("2026-07-01T00:00:01Z"), refused(0, Reason::ListExpired(june().until())));
}

#[test]
fn a_list_is_of_its_issuer() {
    let root = Party::root(ED25519, "CN=Root", None);
    let end = root.below(&template("CN=End"), 2);
    let chain = [&end.certificate];
    let good = list(&root, &[]);
    let read = |der: &[u8]| RevocationList::from_der(der).unwrap();
    let forged = read(&resigned(good.as_der(), &end.key, |_| {}));
    assert_eq!(forged.verify(&root.certificate, provider()), Err(Error::Signature));
    assert_eq!(check(&chain, &root, &[forged], NOW), refused(0, Reason::ListSignature));
    // An end that signs a list in its own name.
    assert_eq!(good.verify(&end.certificate, provider()), Err(Error::Signature));

    // A CA that may sign certificates alone.
    let der = with_extensions(&root, |list| list[0] = extension(&id_ce(15), true, &[3, 2, 2, 4]));
    let narrow = Party { certificate: Certificate::from_der(&der).unwrap(), key: signer(ED25519, 1) };
    assert_eq!(check(&chain, &narrow, &[good], NOW), refused(0, Reason::NoListSign));
    let refusal = RevocationList::issue(&narrow.issuer(), 1, june(), &[], &mut SystemRng).unwrap_err();
    assert_eq!(refusal, Error::NotACa);
}

#[test]
fn no_bit_of_a_list_can_be_flipped() {
    let root = Party::root(ED25519, "CN=Root", None);
    let end = root.below(&template("CN=End"), 2).certificate;
    let good = list(&root, &[&end]);
    for at in 0..good.as_der().len() * 8 {
        let mut der = good.as_der().to_vec();
        der[at / 8] ^= 1 << (at % 8);
        let Ok(list) = RevocationList::from_der(&der) else { continue };
        assert!(list.verify(&root.certificate, provider()).is_err(), "bit {at}");
    }
    for len in 0..good.as_der().len() {
        assert!(RevocationList::from_der(&good.as_der()[..len]).is_err(), "{len}");
    }
    assert_eq!(RevocationList::from_der(&[good.as_der(), &[0]].concat()), Err(Error::Trailing));
}

#[test]
fn lists_of_a_part_are_refused() {
    let root = Party::root(ED25519, "CN=Root", None);
    let good = list(&root, &[&root.certificate]);
    let edited = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| RevocationList::from_der(&resigned(good.as_der(), &root.key, edit));
    assert!(edited(&|_| {}).is_ok());
    // Version, signature, issuer, thisUpdate, nextUpdate, entries, extensions.
    assert_eq!(edited(&|part| part[0][2] = 2), Err(Error::Version));
    assert_eq!(edited(&|part| drop(part.remove(4))), Err(Error::Validity));
    let null = [0x30, 7, 6, 3, 0x2b, 0x65, 0x70, 5, 0];
    assert!(matches!(edited(&|part| part[1] = null.to_vec()), Err(Error::Algorithm(_))));
    let add = |one: Vec<u8>| {
        edited(&move |part| {
            let mut all = elements(&elements(&part[6])[0]);
            all.push(one.clone());
            let tag = der::Tag::ContextSpecific { constructed: true, number: der::TagNumber(0) };
            part[6] = wrap(tag, &[sequence(&all)]);
        })
    };
    // A delta list, and one of a scope, also if whoever made it forgot to say that this is critical.
    for critical in [true, false] {
        assert!(matches!(add(extension(&id_ce(27), critical, &[2, 1, 1])), Err(Error::UnknownCritical(_))));
        assert!(matches!(add(extension(&id_ce(28), critical, &[0x30, 0])), Err(Error::UnknownCritical(_))));
    }
    assert!(add(extension(&[0x2a, 3, 4], false, &[5, 0])).is_ok());
    assert!(matches!(add(extension(&id_ce(20), false, &[2, 1, 1])), Err(Error::ExtensionTwice(_))));
    let in_entry = |critical| {
        edited(&move |part| {
            let mut entry = elements(&elements(&part[5])[0]);
            entry.push(sequence(&[extension(&id_ce(29), critical, &[0x30, 0])]));
            part[5] = sequence(&[sequence(&entry)]);
        })
    };
    assert!(matches!(in_entry(true), Err(Error::UnknownCritical(_))));
    assert!(in_entry(false).is_ok());
}

#[test]
fn lists_are_long_and_bounded() {
    let root = Party::root(ED25519, "CN=Root", None);
    let entries = vec![entry(&root.certificate); 20_000];
    let long = RevocationList::issue(&root.issuer(), u64::MAX, june(), &entries, &mut SystemRng).unwrap();
    assert_eq!((long.entries().len(), long.number()), (20_000, Some(u64::MAX)));
    assert_eq!(RevocationList::from_bytes(long.to_pem().unwrap().as_bytes()).unwrap(), long);
    let refusal = RevocationList::issue(&root.issuer(), 1, june(), &vec![entries[0].clone(); 120_000], &mut SystemRng);
    assert!(matches!(refusal, Err(Error::TooLong { .. })));
}
