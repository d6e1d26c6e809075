#pragma once

// Only for the sources of this folder: this header brings protobuf's.

#include <temporal/api/workflowservice/v1/request_response.pb.h>

#include <string>
#include <string_view>

#include "host/temporal/client/client.hpp"
#include "host/temporal/converter/wire.hpp"

namespace gantry::temporal {

namespace service = ::temporal::api::workflowservice::v1;

/// One client's calls: what every request needs, and messages instead of bytes.
class Client::Calls {
 public:
  explicit Calls(const Client& client)
      : connection_(client.connection_), claim_check_(client.claim_check_) {}

  const ConnectionOptions& options() const { return connection_.options(); }
  bridge::Client& core() const { return connection_.core(); }

  /// `what` names the operation and the id, for the error.
  template <class Response, class Request>
  Result<Response> call(std::string_view method, Request& request, std::string_view what,
                        milliseconds timeout = milliseconds(0),
                        bridge::Service kind = bridge::Service::kWorkflow) const {
    const auto deposited = deposit(request);
    if (!deposited) return deposited.error();
    return read<Response>(core().call(kind, method, request.SerializeAsString(),
                                      timeout > milliseconds(0) ? timeout : options().call_timeout),
                          what);
  }

  template <class Response>
  Result<Response> read(const bridge::Answer& answer, std::string_view what) const {
    Response response;
    const auto parsed = read(answer, response, what);
    if (!parsed) return parsed.error();
    return response;
  }

  Result<void> deposit(google::protobuf::Message& request) const;
  Result<void> read(const bridge::Answer& answer, google::protobuf::Message& response,
                    std::string_view what) const;

 private:
  Connection& connection_;
  const ClaimCheck* claim_check_;
};

/// "start 'id'", "query 'id'": the operation and the id in an error.
std::string about(std::string_view operation, std::string_view id);

void to_wire(const WorkflowHandle& from, ::temporal::api::common::v1::WorkflowExecution& to);

/// A random UUID (RFC 9562, version 4): the server drops a repeated request by it.
std::string request_id();

}  // namespace gantry::temporal
