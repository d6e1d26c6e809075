#include "host/temporal/client/calls.hpp"

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::temporal {

Result<void> Client::Calls::deposit(google::protobuf::Message& request) const {
  if (claim_check_ == nullptr || !claim_check_->may_deposit(request.ByteSizeLong())) return {};
  return claim_check_->deposit(request);
}

Result<void> Client::Calls::read(const bridge::Answer& answer, google::protobuf::Message& response,
                                 std::string_view what) const {
  if (answer.status != bridge::kOk) {
    return Error{bridge::kind_of(answer.status), std::string(what), answer.message};
  }
  if (!response.ParseFromString(answer.bytes)) {
    return Error{ErrorKind::kInternal, std::string(what) + ": the answer is not readable"};
  }
  if (claim_check_ == nullptr || !ClaimCheck::may_redeem(answer.bytes)) return {};
  return claim_check_->redeem(response);
}

std::string about(std::string_view operation, std::string_view id) {
  return "temporal: " + std::string(operation) + " '" + escape_control(id) + "'";
}

void to_wire(const WorkflowHandle& from, ::temporal::api::common::v1::WorkflowExecution& to) {
  to.set_workflow_id(from.id);
  to.set_run_id(from.run_id);
}

std::string request_id() {
  auto bytes = random_bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  auto text = to_hex(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace gantry::temporal
