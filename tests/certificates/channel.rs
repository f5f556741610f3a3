//! Certificates for channels.

use twinlock::{
    certificate::{Certificate, Error, Grant, Profile, Template, Validity},
    ids::{KeyKind, Signature},
    provider::SystemRng,
};

use super::support::*;

fn day() -> Validity {
    Validity::new(time("2026-06-15T00:00:00Z"), time("2026-06-16T00:00:00Z")).unwrap()
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn grant() -> Grant {
    Grant::new(strings(&["desk-7", "Händler, \\2"]), strings(&["orders", "market data/l2"])).unwrap()
}

fn refusal(certificate: &Certificate) -> Profile {
    match Grant::of(certificate).unwrap_err() {
        Error::NotForChannels(profile) => profile,
        other => panic!("{other}"),
    }
}

#[test]
fn a_grant_goes_into_a_certificate_and_comes_out() {
    let root = Party::root(COMPOSITE, "CN=Channels", Some(0));
    for kind in [COMPOSITE, KeyKind::Signature(Signature::MlDsa44Ed25519)] {
        let template = grant().template(day()).unwrap();
        let made = root.issuer().issue(&template, &public(kind, 2), &mut SystemRng).unwrap();
        let chain = [Certificate::from_bytes(made.to_pem().unwrap().as_bytes()).unwrap()];
        assert_eq!(chain[0].subject().to_string(), "CN=desk-7");
        assert_eq!(trusting(std::slice::from_ref(&root.certificate)).verify_channel(&chain), Ok(grant()));
        // One flight of ten segments takes it.
        assert!(made.as_der().len() < 6_000, "{}", made.as_der().len());
    }
    let odd = Grant::new(strings(&["a\\,O=Evil\\"]), strings(&["s"])).unwrap();
    let template = odd.template(day()).unwrap();
    let made = root.issuer().issue(&template, &public(COMPOSITE, 2), &mut SystemRng).unwrap();
    assert_eq!(Grant::of(&made), Ok(odd));
    assert!(!made.subject().to_string().contains(",O=Evil\\,"), "{}", made.subject());
}

#[test]
fn what_is_no_certificate_for_channels_is_told() {
    let root = Party::root(COMPOSITE, "CN=Channels", None);
    let issue = |template: &Template, kind| root.issuer().issue(template, &public(kind, 2), &mut SystemRng).unwrap();
    let good = grant().template(day()).unwrap();
    assert_eq!(refusal(&issue(&good, ED25519)), Profile::Key(ED25519));
    assert_eq!(refusal(&issue(&good, ML_KEM_768)), Profile::Key(ML_KEM_768));
    assert_eq!(refusal(&issue(&good.clone().authority(None), COMPOSITE)), Profile::Ca);
    let made = Party { key: signer(COMPOSITE, 1), certificate: issue(&good, COMPOSITE) };
    let with = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| general_name(name)).collect();
        let other = with_extensions(&made, |list| {
            list.retain(|one| !one.windows(3).any(|arcs| arcs == id_ce(17)));
            if !names.is_empty() {
                list.push(extension(&id_ce(17), false, &sequence(&names)));
            }
        });
        Certificate::from_der(&other).unwrap()
    };
    let (principal, service) = ("uri:twinlock:principal:a", "uri:twinlock:service:b");
    assert_eq!(Grant::of(&with(&[principal, service])), Grant::new(strings(&["a"]), strings(&["b"])));
    assert_eq!(refusal(&with(&[principal])), Profile::Service);
    assert_eq!(refusal(&with(&[service])), Profile::Principal);
    assert_eq!(refusal(&with(&[])), Profile::Principal);
    for stray in ["dns:a", "uri:https://a", principal, "uri:twinlock:principal:%61", "uri:twinlock:other:a"] {
        assert_eq!(refusal(&with(&[principal, service, stray])), Profile::Names, "{stray}");
    }
    let month = |days: &str| Validity::new(day().from(), time(days)).unwrap();
    assert!(grant().template(month("2026-07-16T00:00:00Z")).is_ok());
    let long = month("2026-07-16T00:00:01Z");
    assert_eq!(grant().template(long).unwrap_err(), Error::NotForChannels(Profile::Lifetime));
    let der = resigned(made.certificate.as_der(), &made.key, |part| {
        let mut validity = elements(&part[4]);
        validity[1][2..].copy_from_slice(b"260716000001Z");
        part[4] = sequence(&validity);
    });
    assert_eq!(refusal(&Certificate::from_der(&der).unwrap()), Profile::Lifetime);
    let der = with_extensions(&made, |list| list[0] = extension(&id_ce(15), true, &[3, 2, 6, 0xc0]));
    assert_eq!(refusal(&Certificate::from_der(&der).unwrap()), Profile::KeyUsage);
}

/// A host or a URI as it stands in a certificate.
fn general_name(text: &str) -> Vec<u8> {
    let (kind, name) = text.split_once(':').unwrap();
    let tag = if kind == "dns" { 0x82 } else { 0x86 };
    [&[tag, u8::try_from(name.len()).unwrap()], name.as_bytes()].concat()
}

#[test]
fn only_a_grant_names_principals() {
    let root = Party::root(COMPOSITE, "CN=Channels", None);
    let asked = Template::new("CN=a".parse().unwrap(), day()).alt_names(["uri:twinlock:principal:a".parse().unwrap()]);
    let refusal = root.issuer().issue(&asked, &public(COMPOSITE, 2), &mut SystemRng).unwrap_err();
    assert_eq!(refusal, Error::ReservedName);
    assert_eq!(asked.self_signed(&signer(COMPOSITE, 2), &mut SystemRng).unwrap_err(), Error::ReservedName);
}
