#include "event.hpp"

namespace gantry::frontapp {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

bool is_wrapped(const Json& body) {
  return !body["payload"].is_null() || body["authorization"].is_object();
}

}  // namespace

Envelope read_envelope(std::string_view text) {
  Json body = Json::parse(text);
  if (!body.is_object()) throw Failure(Status::kData, "the body is no JSON object");
  Envelope envelope;
  if (body["type"].text() == "sync" && body["payload"].is_null()) {
    envelope.type = "sync";
    return envelope;
  }
  if (!is_wrapped(body)) {
    envelope.event = std::move(body);
  } else {
    envelope.type = body["type"].text();
    envelope.company = body["authorization"]["id"].text();
    const Json& payload = body["payload"];
    if (!payload.is_object()) throw Failure(Status::kData, "payload is no JSON object");
    envelope.event = payload;
  }
  if (envelope.type.empty() && envelope.event["type"].text().empty() &&
      envelope.event["id"].text().empty()) {
    throw Failure(Status::kData, "the body holds no event: it has neither id nor type");
  }
  return envelope;
}

}  // namespace gantry::frontapp
