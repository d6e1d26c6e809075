// Our side of the ingress benchmark: the production listener and inbox with a Front source.
// Prints its port, serves until SIGTERM.
//
//   ingress_server DIRECTORY [THREADS]

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "host/base/heap.hpp"
#include "tests/bench/ingress/bench_source.hpp"

int main(int argc, char** argv) {
  using namespace gantry;
  if (argc < 2) return std::fprintf(stderr, "usage: ingress_server DIRECTORY [THREADS]\n"), 2;
  bound_heap();
  sigset_t quit;
  sigemptyset(&quit);
  sigaddset(&quit, SIGTERM);
  sigaddset(&quit, SIGINT);
  sigprocmask(SIG_BLOCK, &quit, nullptr);

  ingress::InboxOptions inbox_options;
  inbox_options.directory = argv[1];
  auto inbox = ingress::Inbox::open(std::move(inbox_options));
  if (!inbox) return std::fprintf(stderr, "%s\n", inbox.error().message().c_str()), 1;

  const bench::OneSource sources;
  ingress::ListenerOptions options;
  if (argc > 2) options.http.threads = static_cast<std::size_t>(std::atoi(argv[2]));
  ingress::WebhookListener listener(std::move(options), sources, **inbox);
  if (auto started = listener.start(); !started) {
    return std::fprintf(stderr, "%s\n", started.error().message().c_str()), 1;
  }
  std::printf("%u\n", listener.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&quit, &signal);
  listener.stop();
  const auto counts = (*inbox)->counts();
  std::fprintf(stderr, "stored=%lu duplicates=%lu syncs=%lu\n", counts.stored, counts.duplicates,
               counts.syncs);
  return 0;
}
