#include "host/temporal/converter/claim_check.hpp"

#include <google/protobuf/message.h>
#include <temporal/api/common/v1/message.pb.h>
#include <temporal/sdk/core/workflow_activation/workflow_activation.pb.h>
#include <temporal/sdk/core/workflow_completion/workflow_completion.pb.h>

#include <functional>
#include <memory>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::temporal {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using WirePayload = ::temporal::api::common::v1::Payload;
using SearchAttributes = ::temporal::api::common::v1::SearchAttributes;
using Visit = std::function<Result<void>(WirePayload&)>;

constexpr char kEncodingKey[] = "encoding";
constexpr char kShaKey[] = "claim-sha256";
constexpr char kSizeKey[] = "claim-size";
constexpr char kOriginalKey[] = "claim-encoding";

/// Calls `visit` on every payload at any depth; stops at the first error.
Result<void> each_payload(Message& message, const Visit& visit) {
  const auto* type = message.GetDescriptor();
  if (type == WirePayload::descriptor()) return visit(static_cast<WirePayload&>(message));
  if (type == SearchAttributes::descriptor()) return {};
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      const auto result = each_payload(*reflection->MutableMessage(&message, field), visit);
      if (!result) return result.error();
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      const auto result =
          each_payload(*reflection->MutableRepeatedMessage(&message, field, i), visit);
      if (!result) return result.error();
    }
  }
  return {};
}

Result<void> deposit_one(PayloadStore& store, std::size_t threshold, WirePayload& payload) {
  auto& metadata = *payload.mutable_metadata();
  if (payload.data().size() <= threshold || metadata[kEncodingKey] == ClaimCheck::kEncoding) {
    return {};
  }
  auto key = store.put(payload.data());
  if (!key) return key.error();
  metadata[kOriginalKey] = metadata[kEncodingKey];
  metadata[kEncodingKey] = ClaimCheck::kEncoding;
  metadata[kShaKey] = *key;
  metadata[kSizeKey] = std::to_string(payload.data().size());
  payload.clear_data();
  return {};
}

Result<void> redeem_one(PayloadStore& store, WirePayload& payload) {
  const auto found = payload.metadata().find(kEncodingKey);
  if (found == payload.metadata().end() || found->second != ClaimCheck::kEncoding) return {};
  auto& metadata = *payload.mutable_metadata();
  const auto key = metadata[kShaKey];
  auto bytes = store.get(key);
  if (!bytes) {
    return Error{ErrorKind::kUnavailable, "payload " + escape_control(key) + " is lost",
                 bytes.error().message()};
  }
  if (to_hex(sha256(*bytes)) != key || std::to_string(bytes->size()) != metadata[kSizeKey]) {
    return Error{ErrorKind::kUnavailable, "payload " + key + " is damaged in the payload store"};
  }
  const auto original = metadata[kOriginalKey];
  if (original.empty()) {
    metadata.erase(kEncodingKey);
  } else {
    metadata[kEncodingKey] = original;
  }
  metadata.erase(kShaKey);
  metadata.erase(kSizeKey);
  metadata.erase(kOriginalKey);
  payload.set_data(std::move(*bytes));
  return {};
}

std::unique_ptr<Message> message_of(ClaimCheck::Kind kind) {
  switch (kind) {
    case ClaimCheck::Kind::kActivation:
      return std::make_unique<coresdk::workflow_activation::WorkflowActivation>();
    case ClaimCheck::Kind::kCompletion:
      return std::make_unique<coresdk::workflow_completion::WorkflowActivationCompletion>();
  }
  return nullptr;
}

template <class Change>
Result<std::string> changed(ClaimCheck::Kind kind, const std::string& bytes, const Change& change) {
  const auto message = message_of(kind);
  if (!message->ParseFromString(bytes)) {
    return Error{ErrorKind::kInternal, "not a message that Core sends or takes"};
  }
  const Result<void> result = change(*message);
  if (!result) return result.error();
  return message->SerializeAsString();
}

}  // namespace

Result<void> ClaimCheck::deposit(Message& message) const {
  return each_payload(
      message, [this](WirePayload& payload) { return deposit_one(store_, threshold_, payload); });
}

Result<void> ClaimCheck::redeem(Message& message) const {
  return each_payload(message,
                      [this](WirePayload& payload) { return redeem_one(store_, payload); });
}

Result<std::string> ClaimCheck::deposit(Kind kind, std::string bytes) const {
  if (!may_deposit(bytes.size())) return bytes;
  return changed(kind, bytes, [this](Message& message) { return deposit(message); });
}

Result<std::string> ClaimCheck::redeem(Kind kind, std::string bytes) const {
  if (!may_redeem(bytes)) return bytes;
  return changed(kind, bytes, [this](Message& message) { return redeem(message); });
}

}  // namespace gantry::temporal
