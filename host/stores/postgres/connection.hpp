#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "host/stores/postgres/wire.hpp"
#include "host/stores/store.hpp"

struct pg_conn;

namespace gantry::stores::postgres {

/// What the server or the way to it said no with.
struct Failure {
  Error error;
  std::string state;  ///< SQLSTATE; empty where the server said nothing.
  bool lost = false;  ///< The connection is gone or was given up: it is of no more use.
};
[[noreturn]] void throw_exception_from_error(const Failure&, const boost::source_location&);

template <class T>
using Answer = boost::system::result<T, Failure>;

/// How long and for whom a connection may wait.
struct Patience {
  std::chrono::steady_clock::time_point deadline;
  const std::function<bool()>* cancelled = nullptr;  ///< Asked about 20 times a second.
};

/// One statement. `sql` is a constant of ours, prepared once per connection and address; `once` is
/// for statements that hold a number of ours or must be planned for their arguments.
struct Step {
  const char* sql = nullptr;
  Arguments arguments = {};
  std::string once = {};
};

/// The settings that lead to a server.
struct Target {
  std::string url;       ///< postgresql://user@host:port/database?sslmode=… without a password.
  std::string password;  ///< Empty: none. In no message.
  std::string place;     ///< "host:port/database", for messages.
};

/// One connection, in libpq's pipeline mode: steps go out together and their answers come back
/// together, one round trip. Nothing waits past its Patience: a connection that does is closed, and
/// the server, which looks for its client every second, gives up too. One thread at a time.
class Connection {
 public:
  /// Names are resolved by libpq, which may block beyond the deadline where DNS does.
  static Answer<std::unique_ptr<Connection>> open(const Target& target,
                                                  std::chrono::milliseconds statement_timeout,
                                                  const Patience& patience);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs the steps in order, one implicit transaction where none is open; the first that fails
  /// ends them all. One answer per step.
  Answer<std::vector<Rows>> exchange(std::span<const Step> steps, const Patience& patience);

  /// True where a transaction was begun and not ended, or nobody knows.
  bool in_transaction() const noexcept;

 private:
  explicit Connection(const Target& target) : target_(target) {}
  Answer<void> connect(const Patience& patience);
  Answer<void> send(std::span<const Step> steps, std::vector<bool>& prepared);
  Answer<void> send_one(const Step& step);
  Answer<void> flush(const Patience& patience);
  Answer<void> wait(bool reading, bool writing, const Patience& patience);
  Answer<pg_result*> next_result(const Patience& patience);
  Failure lost(ErrorKind kind, std::string_view what) const;
  Failure unconnected() const;
  Failure refused(const pg_result* result) const;

  const Target& target_;
  pg_conn* handle_ = nullptr;
  std::unordered_set<const char*> prepared_;
};

/// A URL's parts, checked by libpq itself: kInvalid where it is none or holds a password.
Result<Target> read_url(const std::string& url, std::string password);

}  // namespace gantry::stores::postgres
