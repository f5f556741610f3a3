pub(crate) mod mldsa;
