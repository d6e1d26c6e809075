//! Thin C ABI over Temporal Core. The contract, ownership included, is written in `bridge.h`.

mod client;
mod replay;
mod rpc;
mod runtime;
mod span;
mod worker;
