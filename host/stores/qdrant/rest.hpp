#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "host/base/json.hpp"
#include "host/net/egress.hpp"
#include "host/net/http_client.hpp"
#include "host/stores/http_address.hpp"
#include "host/stores/store.hpp"

namespace gantry::stores::qdrant {

struct QdrantOptions;

/// Qdrant's REST API (api.qdrant.tech). Answers are the `result` of the envelope.
///   kNotFound  no such collection      kConflict  it exists already
/// [any-thread] [blocking]
class Rest {
 public:
  static Result<std::unique_ptr<Rest>> open(const QdrantOptions& options);

  /// `body` null: none is sent. `path` begins with a slash; names in it are plain letters.
  Result<Json> call(const char* method, const std::string& path, const Json& body,
                    const CallOptions& options) const;

  /// The version in the answer to GET /, as "1.16.0"; empty where that is another server's.
  Result<std::string> version(const CallOptions& options) const;

 private:
  Rest(const QdrantOptions& options, HttpAddress address);
  Result<Json> exchange(const char* method, const std::string& path, const Json& body,
                        const CallOptions& options) const;

  const std::string base_;
  const std::string secret_;
  const std::chrono::milliseconds timeout_;
  const net::EgressList egress_;
  const net::HttpClient http_;
};

/// An answer of another form than the API's. [any-thread]
Error unexpected(std::string upstream = {});

/// A name-based UUID, version 8 (RFC 9562, B.2): the same name gives the same id. [any-thread]
std::string uuid_of(std::string_view name);

}  // namespace gantry::stores::qdrant
