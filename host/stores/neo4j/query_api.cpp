#include "host/stores/neo4j/query_api.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/stores/neo4j/neo4j_graph.hpp"

namespace gantry::stores::neo4j {
namespace {

using std::chrono::milliseconds;

constexpr int kTries = 8;
constexpr milliseconds kFirstPause{4};
constexpr std::uint64_t kAnswerBytesMax = 256U << 20U;
constexpr const char* kConstraintsThere =
    "SHOW CONSTRAINTS YIELD name"
    " WHERE name IN ['gantry_document_key', 'gantry_entity_key'] RETURN count(name)";
constexpr const char* kConstraints[] = {
    "CREATE CONSTRAINT gantry_document_key IF NOT EXISTS"
    " FOR (d:GantryDocument) REQUIRE d.key IS UNIQUE",
    "CREATE CONSTRAINT gantry_entity_key IF NOT EXISTS"
    " FOR (e:GantryEntity) REQUIRE e.key IS UNIQUE",
    "CREATE INDEX gantry_document_head IF NOT EXISTS FOR (d:GantryDocument) ON (d.head)",
};

/// What a status code of Neo4j means for the caller (neo4j.com/docs/status-codes).
ErrorKind kind_of(std::string_view code, unsigned status) {
  // A deadlock, or a node that another transaction deleted meanwhile (also as seen by kApply).
  if (code.starts_with("Neo.TransientError.Transaction") ||
      code == "Neo.ClientError.Statement.ArithmeticError" ||
      code == "Neo.ClientError.Statement.EntityNotFound" ||
      // IF NOT EXISTS looks before it locks: another host made the same in between.
      code == "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists") {
    return ErrorKind::kConflict;
  }
  if (code == "Neo.ClientError.Security.AuthenticationRateLimit") return ErrorKind::kUnavailable;
  if (code.starts_with("Neo.ClientError.Security") ||
      (code.empty() && (status == 401 || status == 403))) {
    return ErrorKind::kDenied;
  }
  if (code == "Neo.ClientError.Database.DatabaseNotFound") return ErrorKind::kNotFound;
  if (code.starts_with("Neo.ClientError.Statement") || code.starts_with("Neo.ClientError.Schema") ||
      code.starts_with("Neo.ClientError.Request")) {
    return ErrorKind::kInternal;
  }
  return ErrorKind::kUnavailable;  // read-only, not the leader, starting, out of memory or disk
}

Error refused(const std::string& what, std::string_view code, unsigned status, std::string words) {
  switch (const ErrorKind kind = kind_of(code, status)) {
    case ErrorKind::kDenied:
      return {kind, what + ": refused; check user and password", std::move(words)};
    case ErrorKind::kNotFound:
      return {kind, what + ": there is no such database; create it or change the setting",
              std::move(words)};
    case ErrorKind::kConflict:
      return {kind, what + ": others write the same", std::move(words)};
    case ErrorKind::kInternal:
      return {kind, what + ": the statement was refused", std::move(words)};
    default:
      return {kind, what + ": the server cannot serve this now", std::move(words)};
  }
}

/// The rows that an answer holds, or the Error it stands for. A streamed answer may begin as a
/// success and end in an error, so the status alone tells nothing.
Result<Json> read_answer(const std::string& what, const net::HttpResponse& response) {
  auto body = parse_json(response.body);
  if (body && body->is_object() && body->contains("errors") && (*body)["errors"].is_array() &&
      !(*body)["errors"].empty()) {
    const Json& first = (*body)["errors"].front();
    const std::string code = text_at(first, "code").value_or("");
    return refused(what, code, response.status,
                   code + ": " + text_at(first, "message").value_or(""));
  }
  if (response.status == 404) {
    return Error{
        ErrorKind::kUnavailable,
        what + ": there is no Query API; it needs the HTTP connector of Neo4j 5.23 or newer"};
  }
  if (response.status / 100 != 2) {
    return refused(what, "", response.status, "status " + std::to_string(response.status));
  }
  if (!body || !body->is_object() || !(*body)["data"].is_object() ||
      !(*body)["data"]["values"].is_array()) {
    return Error{ErrorKind::kUnavailable, what + ": the answer is not Neo4j's; check the URL"};
  }
  return std::move((*body)["data"]["values"]);
}

/// Without Neo4j's own word a write may have been committed before the connection broke.
Error of_write(Error error) {
  const bool unanswered =
      error.kind == ErrorKind::kUnavailable && !error.upstream.starts_with("Neo.");
  if (unanswered || error.kind == ErrorKind::kExhausted) {
    error.kind = ErrorKind::kTimeout;
    error.what += "; whether it was written is unknown";
  }
  return error;
}

Error unexpected(const Json::exception& problem) {
  return {ErrorKind::kUnavailable, "the graph's answer has an unexpected form", problem.what()};
}

std::string authorization_of(const Neo4jOptions& options) {
  if (options.secret.empty()) return {};
  if (options.user.empty()) return "Bearer " + options.secret;
  return "Basic " + to_base64(options.user + ':' + options.secret);
}

bool is_database_name(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return !name.empty() && name.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<QueryApi>> QueryApi::open(const Neo4jOptions& options) {
  auto address = HttpAddress::parse("the graph's URL", options.url);
  if (!address) return address.error();
  if (!is_database_name(options.database)) {
    return Error{ErrorKind::kInvalid,
                 "the graph's database is no name: \"" + escape_control(options.database) + '"'};
  }
  return std::unique_ptr<QueryApi>(new QueryApi(options, std::move(*address)));
}

QueryApi::QueryApi(const Neo4jOptions& options, HttpAddress address)
    : url_(address.base + "/db/" + options.database + "/query/v2"),
      authorization_(authorization_of(options)),
      timeout_(options.timeout),
      make_constraints_(options.make_constraints),
      egress_(std::move(address.egress)),
      http_({{}, options.ca_file, {}, options.connect_timeout}) {}

Result<Json> QueryApi::post(const Statement& statement, const CallOptions& options) const {
  net::HttpRequest request;
  request.method = "POST";
  request.url = url_;
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  if (!authorization_.empty()) request.headers.emplace_back("Authorization", authorization_);
  request.body = dump_json({{"statement", statement.text}, {"parameters", statement.parameters}});
  request.timeout = timeout_;
  request.response_max = kAnswerBytesMax;
  // libcurl may send again what a kept connection lost: a write then finds its own revision.
  const net::HttpRetry keep_connections{.repeat_any_method = true};
  auto response =
      http_.send(request, egress_, {options.cancelled, {}, options.deadline}, keep_connections);
  if (!response) return response.error();
  return read_answer("POST " + url_, *response);
}

Result<Json> QueryApi::run(const Statement& statement, const CallOptions& options) const {
  Json rows;
  auto done = persist(
      [&]() -> Result<void> {
        auto answer = post(statement, options);
        if (!answer) return answer.error();
        rows = std::move(*answer);
        return {};
      },
      options);
  if (!done) return done.error();
  return rows;
}

Result<void> QueryApi::persist(const std::function<Result<void>()>& once,
                               const CallOptions& options) {
  milliseconds pause = kFirstPause;
  for (int attempt = 1;; ++attempt) {
    auto done = once();
    if (done.has_value() || done.error().kind != ErrorKind::kConflict) return done;
    const bool late =
        options.deadline && std::chrono::steady_clock::now() + pause >= *options.deadline;
    if (attempt >= kTries || late) {
      return Error{ErrorKind::kUnavailable, done.error().what, done.error().upstream};
    }
    // Two that met once must not meet again: each waits another part of the pause.
    const auto share = static_cast<unsigned char>(random_bytes(1).front());
    std::this_thread::sleep_for(pause / 2 + pause * share / 512);
    pause *= 2;
  }
}

Result<void> QueryApi::change(const Statement& read, const std::function<Json(const Json&)>& decide,
                              const char* write, const CallOptions& options) const {
  if (auto ready = prepare(options); !ready) return ready.error();
  CallOptions patient = options;
  patient.cancelled = {};  // a write that is under way must be known to have happened or not
  const auto once = [&]() -> Result<void> {
    auto rows = post(read, options);
    if (!rows) return rows.error();
    Json parameters;
    try {
      parameters = decide(*rows);
    } catch (const Json::exception& problem) {
      return unexpected(problem);
    }
    if (parameters.is_null()) return {};
    auto written = post({write, parameters}, patient);
    if (!written) return of_write(written.error());
    if (!written->empty()) return {};
    return Error{ErrorKind::kConflict, "POST " + url_ + ": others write the same documents"};
  };
  return persist(once, options);
}

Result<void> QueryApi::prepare(const CallOptions& options) const {
  // No lock: whoever else is at it does the same, and nobody waits for another's server call.
  if (prepared_) return {};
  const Json none = Json::object();
  if (!make_constraints_) {
    auto there = run({kConstraintsThere, none}, options);
    if (!there) return there.error();
    prepared_ = *there == Json::parse("[[2]]");
    if (prepared_) return {};
    return Error{ErrorKind::kConflict, "POST " + url_ + ": Gantry's constraints are not made yet"};
  }
  for (const char* text : kConstraints) {
    if (auto done = run({text, none}, options); !done) return done.error();
  }
  auto online = run({"CALL db.awaitIndexes(60)", none}, options);
  if (!online) return online.error();
  prepared_ = true;
  return {};
}

}  // namespace gantry::stores::neo4j
