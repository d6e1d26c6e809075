#pragma once

#include <chrono>

#include "host/base/error.hpp"
#include "host/ingress/files/folder.hpp"

namespace gantry::files {

/// Waits until something happens in a directory (inotify(7)), or until it is stopped.
///
/// It says that a look is worth while, never what changed: a look reads the whole directory, so a
/// lost event or a queue that overflowed costs nothing. A network file system reports nothing here;
/// callers look from time to time all the same.
class Watch {
 public:
  enum class Wake { kChanged, kTimeout, kStopped };

  static Result<Watch> open(const Folder& folder);

  /// The first call returns kChanged at once: what lay there before counts. kUnavailable where the
  /// directory was removed. One thread. [blocking]
  Result<Wake> wait(std::chrono::milliseconds timeout);

  /// Ends the wait in flight and every later one. [any-thread]
  void stop() const noexcept;

 private:
  Watch() = default;
  bool drain();  // False where the directory is gone.

  std::string path_;
  Descriptor events_;
  Descriptor stop_;
  bool fresh_ = true;
};

}  // namespace gantry::files
