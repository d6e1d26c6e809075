#include "host/stores/postgres/connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace gantry::stores::postgres {
namespace {

constexpr std::chrono::milliseconds kCancelPoll{50};

/// libpq's words on one line, without the newline that they end with.
std::string words(const char* message) {
  std::string out = message == nullptr ? "" : message;
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

/// The SQLSTATE in words such as "FATAL:  28P01: password …\nLOCATION:  …"; empty where none is.
std::string state_in(std::string_view message) {
  for (std::size_t at = message.find("  "); at != std::string_view::npos;
       at = message.find("  ", at + 1)) {
    const std::string_view state = message.substr(at + 2, 5);
    if (state.size() == 5 && message.substr(at + 7).starts_with(": ") &&
        state.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos) {
      return std::string(state);
    }
  }
  return {};
}

/// PostgreSQL 15 documentation, appendix A.
ErrorKind kind_of(std::string_view state) {
  if (state == "57014") return ErrorKind::kTimeout;  // query_canceled, by statement_timeout
  if (state == "42501" || state.starts_with("28")) return ErrorKind::kDenied;
  if (state == "23505") return ErrorKind::kUnavailable;  // races that never ended
  if (state == "3D000") return ErrorKind::kNotFound;     // no such database
  if (state == "25006") return ErrorKind::kUnavailable;  // read only: a standby, until failover
  if (state.starts_with("53") && state != "53300") return ErrorKind::kExhausted;
  for (const std::string_view group : {"08", "40", "53", "55", "57", "58"}) {
    if (state.starts_with(group)) return ErrorKind::kUnavailable;
  }
  if (state.starts_with("22") || state.starts_with("54")) return ErrorKind::kInvalid;
  return ErrorKind::kInternal;
}

}  // namespace

void throw_exception_from_error(const Failure& failure, const boost::source_location& where) {
  gantry::throw_exception_from_error(failure.error, where);
}

Answer<std::unique_ptr<Connection>> Connection::open(const Target& target,
                                                     std::chrono::milliseconds statement_timeout,
                                                     const Patience& patience) {
  std::unique_ptr<Connection> connection(new Connection(target));
  if (auto done = connection->connect(patience); !done) return done.error();
  // The server's own bounds, so that a statement whose client is gone ends too.
  const Step settings{
      "SELECT set_config('statement_timeout', $1::text, false),"
      " set_config('idle_in_transaction_session_timeout', $1::text, false),"
      " set_config('client_connection_check_interval', '1000', false),"
      " set_config('search_path', 'gantry, public', false),"
      " set_config('jit', 'off', false)",
      Arguments().raw(std::to_string(statement_timeout.count())),
      {}};
  auto set = connection->exchange({&settings, 1}, patience);
  if (!set) return set.error();
  return connection;
}

Connection::~Connection() { PQfinish(handle_); }

Answer<void> Connection::connect(const Patience& patience) {
  const bool secret = !target_.password.empty();
  // What stands after dbname overrides what the URL says.
  const std::array<const char*, 6> names{"gssencmode",      "fallback_application_name",   "dbname",
                                         "client_encoding", secret ? "password" : nullptr, nullptr};
  const std::array<const char*, 6> values{
      "disable", "gantry", target_.url.c_str(), "UTF8", target_.password.c_str(), nullptr};
  handle_ = PQconnectStartParams(names.data(), values.data(), 1);
  if (handle_ == nullptr) return Failure{{ErrorKind::kExhausted, "no memory to connect"}, {}, true};
  PQsetNoticeProcessor(handle_, [](void*, const char*) {}, nullptr);
  PQsetErrorVerbosity(handle_, PQERRORS_VERBOSE);  // with the SQLSTATE of a refused login
  auto polled = PQstatus(handle_) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (polled != PGRES_POLLING_OK) {
    if (polled == PGRES_POLLING_FAILED) return unconnected();
    auto ready = wait(polled == PGRES_POLLING_READING, polled == PGRES_POLLING_WRITING, patience);
    if (!ready) return ready.error();
    polled = PQconnectPoll(handle_);
  }
  PQsetErrorVerbosity(handle_, PQERRORS_TERSE);  // a DETAIL quotes rows
  const char* encoding = PQparameterStatus(handle_, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return lost(ErrorKind::kInvalid, "the database's encoding must be UTF8");
  }
  if (PQserverVersion(handle_) < 140'000) {
    return lost(ErrorKind::kUnsupported, "version " +
                                             std::to_string(PQserverVersion(handle_) / 10'000) +
                                             " is too old; 14 or newer is needed");
  }
  if (PQsetnonblocking(handle_, 1) != 0 || PQenterPipelineMode(handle_) != 1) {
    return lost(ErrorKind::kInternal, "pipeline mode was refused");
  }
  return {};
}

Answer<std::vector<Rows>> Connection::exchange(std::span<const Step> steps,
                                               const Patience& patience) {
  std::vector<bool> prepared;  // per step: a Parse goes ahead of it and is answered too
  if (auto sent = send(steps, prepared); !sent) return sent.error();
  if (auto flushed = flush(patience); !flushed) return flushed.error();
  std::vector<Rows> out;
  std::optional<Failure> failure;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    for (int part = prepared[i] ? 0 : 1; part < 2; ++part) {
      auto result = next_result(patience);
      if (!result) return result.error();
      Rows rows(*result);
      auto end = next_result(patience);  // each answer is followed by nullptr
      if (!end) return end.error();
      const auto status = PQresultStatus(*result);
      const bool fine = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
      if (!fine && !failure && status != PGRES_PIPELINE_ABORTED) failure = refused(*result);
      if (fine && part == 0) prepared_.insert(steps[i].sql);
      if (part == 1) out.push_back(std::move(rows));
    }
  }
  auto sync = next_result(patience);
  if (!sync) return sync.error();
  const Rows owner(*sync);
  if (PQresultStatus(*sync) != PGRES_PIPELINE_SYNC) {
    return lost(ErrorKind::kInternal, "answers out of step");
  }
  if (failure) return *failure;
  return out;
}

bool Connection::in_transaction() const noexcept {
  return PQtransactionStatus(handle_) != PQTRANS_IDLE;
}

Answer<void> Connection::send(std::span<const Step> steps, std::vector<bool>& prepared) {
  std::unordered_set<const char*> fresh;
  for (const Step& step : steps) {
    const bool first =
        step.sql != nullptr && !prepared_.contains(step.sql) && fresh.insert(step.sql).second;
    prepared.push_back(first);
    if (first) {
      const std::string name = "s" + std::to_string(reinterpret_cast<std::uintptr_t>(step.sql));
      if (PQsendPrepare(handle_, name.c_str(), step.sql, 0, nullptr) != 1) {
        return lost(ErrorKind::kUnavailable, "the connection broke");
      }
    }
    if (auto sent = send_one(step); !sent) return sent.error();
  }
  if (PQpipelineSync(handle_) != 1) {
    return lost(ErrorKind::kUnavailable, "the connection broke");
  }
  return {};
}

Answer<void> Connection::send_one(const Step& step) {
  const auto& arguments = step.arguments.values();
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const std::string& value : arguments) {
    values.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  const std::vector<int> binary(arguments.size(), 1);
  const int count = static_cast<int>(arguments.size());
  int sent = 0;
  if (step.sql != nullptr) {
    const std::string name = "s" + std::to_string(reinterpret_cast<std::uintptr_t>(step.sql));
    sent = PQsendQueryPrepared(handle_, name.c_str(), count, values.data(), lengths.data(),
                               binary.data(), 1);
  } else {
    sent = PQsendQueryParams(handle_, step.once.c_str(), count, nullptr, values.data(),
                             lengths.data(), binary.data(), 1);
  }
  if (sent != 1) return lost(ErrorKind::kUnavailable, "the connection broke");
  return {};
}

Answer<void> Connection::flush(const Patience& patience) {
  for (int left = 0; (left = PQflush(handle_)) != 0;) {
    if (left < 0) return lost(ErrorKind::kUnavailable, "the connection broke");
    auto ready = wait(true, true, patience);
    if (!ready) return ready.error();
    // The server may not read on before its own answers are taken.
    if (PQconsumeInput(handle_) != 1) return lost(ErrorKind::kUnavailable, "the connection broke");
  }
  return {};
}

Answer<pg_result*> Connection::next_result(const Patience& patience) {
  while (PQisBusy(handle_) != 0) {
    if (auto flushed = flush(patience); !flushed) return flushed.error();
    if (PQisBusy(handle_) == 0) break;
    if (auto ready = wait(true, false, patience); !ready) return ready.error();
    if (PQconsumeInput(handle_) != 1) return lost(ErrorKind::kUnavailable, "the connection broke");
  }
  pg_result* result = PQgetResult(handle_);
  if (PQstatus(handle_) == CONNECTION_BAD) {
    const Rows owner(result);
    Failure failure = lost(ErrorKind::kUnavailable, "the connection broke");
    if (const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE)) failure.state = state;
    return failure;
  }
  return result;
}

Answer<void> Connection::wait(bool reading, bool writing, const Patience& patience) {
  const bool watched = patience.cancelled != nullptr && *patience.cancelled;
  for (;;) {
    if (watched && (*patience.cancelled)()) {
      return lost(ErrorKind::kCancelled, "the caller gave up");
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        patience.deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return lost(ErrorKind::kTimeout, "no answer in time");
    const auto slice =
        watched ? std::min(left, kCancelPoll) : std::min(left, std::chrono::milliseconds(60'000));
    pollfd socket{PQsocket(handle_),
                  static_cast<short>((reading ? POLLIN : 0) | (writing ? POLLOUT : 0)), 0};
    if (::poll(&socket, 1, static_cast<int>(slice.count())) > 0) return {};
  }
}

Failure Connection::lost(ErrorKind kind, std::string_view what) const {
  std::string upstream = kind == ErrorKind::kUnavailable || kind == ErrorKind::kInternal
                             ? words(PQerrorMessage(handle_))
                             : std::string();
  return {{kind, "PostgreSQL at " + target_.place + ": " + std::string(what), std::move(upstream)},
          {},
          true};
}

Failure Connection::unconnected() const {
  const std::string message = words(PQerrorMessage(handle_));
  const std::string state = state_in(message);
  Failure failure{{state.empty() ? ErrorKind::kUnavailable : kind_of(state),
                   "PostgreSQL at " + target_.place + ": cannot be reached",
                   message.substr(0, message.find("\nLOCATION:"))},
                  state,
                  true};
  if (PQconnectionNeedsPassword(handle_) != 0) failure.error.kind = ErrorKind::kDenied;
  if (failure.error.kind == ErrorKind::kDenied) {
    failure.error.what =
        "PostgreSQL at " + target_.place + " refuses the login; check the user and its password";
  }
  return failure;
}

Failure Connection::refused(const pg_result* result) const {
  const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string state = code == nullptr ? "" : code;
  const ErrorKind kind = kind_of(state);
  std::string upstream = "SQLSTATE " + state;
  // Class 22 quotes the value that it does not like: it stays out. So does every DETAIL.
  if (!state.starts_with("22")) {
    upstream += ": " + words(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
  }
  return {{kind, "PostgreSQL at " + target_.place + " refused a statement", std::move(upstream)},
          state,
          false};
}

Result<Target> read_url(const std::string& url, std::string password) {
  char* problem = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(url.c_str(), &problem);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(problem, &PQfreemem);
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(parsed,
                                                                             &PQconninfoFree);
  if (!options) {
    // libpq's words quote the URL, and with it what may be a password.
    return Error{ErrorKind::kInvalid,
                 "not a URL that PostgreSQL's client reads; write "
                 "postgresql://user@host:5432/database"};
  }
  std::string host = "localhost", port = "5432", database, user;
  for (const PQconninfoOption* one = options.get(); one->keyword != nullptr; ++one) {
    if (one->val == nullptr || *one->val == '\0') continue;
    const std::string_view key = one->keyword;
    if (key == "password" || key == "sslpassword") {
      return Error{ErrorKind::kInvalid,
                   "a password is not written into the URL: give a reference to it beside it"};
    }
    if (key == "host") host = one->val;
    if (key == "port") port = one->val;
    if (key == "dbname") database = one->val;
    if (key == "user") user = one->val;
  }
  if (database.empty()) database = user;
  return Target{url, std::move(password), host + ":" + port + "/" + database};
}

}  // namespace gantry::stores::postgres
