#include "tests/integration/workflow/shapes.hpp"

#include <atomic>
#include <numeric>

namespace gantry::temporal::workflow::testing {
namespace {

using namespace std::chrono_literals;

Task<std::string> greeting(Context ctx, std::string name) {
  co_return co_await ctx.activity(kFlaky, name) + co_await ctx.local_activity(kFlaky, name);
}

Task<int> child(Context ctx, int n) { co_return co_await ctx.activity(kNext, n); }

Task<int> parent(Context ctx, int children) {
  std::vector<int> numbers(static_cast<std::size_t>(children));
  std::iota(numbers.begin(), numbers.end(), 1);
  const auto results = co_await for_each_bounded(numbers, 10, [ctx](const int& n) -> Task<int> {
    return [](Context c, int number) -> Task<int> {
      ChildOptions options;
      options.id = c.info().workflow_id + "/" + std::to_string(number);
      co_return co_await c.execute_child(kChild, number, options);
    }(ctx, n);
  });
  co_return std::accumulate(results.begin(), results.end(), 0);
}

Task<std::string> stages(Context ctx, None) {
  auto stage = ctx.state(std::string("waiting"));
  ctx.on_query(kStage, stage);
  co_await ctx.signals(kGo).next();
  *stage = "sleeping";
  co_await ctx.sleep(50ms);
  *stage = "done";
  co_return *stage;
}

/// Adds up signals and updates; hands over after every third, ends at a hundred.
Task<int> counter(Context ctx, int total) {
  int handled = 0;
  ctx.on_query(kTotal, [&total] { return total; });
  ctx.on_signal(kAdd, [&](int n) { total += n, ++handled; });
  ctx.on_update(
      kAddAndTell,
      [](int n) {
        if (n < 0) throw ApplicationFailure("Negative", "only up");
      },
      [&, ctx](int n) -> Task<int> {
        const int next = co_await ctx.activity(kNext, n);
        total += next;
        ++handled;
        co_return total;
      });
  co_await ctx.wait([&] { return (handled >= 3 || total >= 100) && ctx.handlers_finished(); });
  if (total < 100) ctx.continue_as_new(kCounter, total);
  co_return total;
}

Task<void> wait_for_ever(Context ctx) { co_await ctx.sleep(24h); }
Task<void> tidy(Context ctx) {
  auto status = co_await ctx.activity(kNext, 1);
  ctx.upsert_memo({{"tidied", to_payload(status)}});
}

Task<std::string> guarded(Context ctx, None) {
  co_await with_cleanup(wait_for_ever(ctx), tidy(ctx));
  co_return "";
}

Task<int> long_one(Context ctx, int steps) {
  int n = 0;
  auto shown = ctx.state(0);
  ctx.on_query(kTotal, shown);
  for (int i = 0; i < steps; ++i) {
    n = co_await ctx.activity(kNext, n);
    *shown = n;
    co_await ctx.sleep(50ms);
  }
  co_return n;
}

Task<std::string> build(Context ctx, None) {
  co_await ctx.sleep(10ms);
  co_return ctx.info().build_id;
}

}  // namespace

void add_shapes(Registry& registry) {
  registry.add(kGreeting, greeting);
  registry.add(kParent, parent);
  registry.add(kChild, child);
  registry.add(kStages, stages);
  registry.add(kCounter, counter);
  registry.add(kGuarded, guarded);
  registry.add(kLong, long_one);
  registry.add(kBuild, build);
}

void add_activities(activity::Registry& registry) {
  auto tries = std::make_shared<std::atomic<int>>(0);
  registry.add(kFlaky, [tries](activity::Context&, const std::string& name) {
    if (++*tries % 3 != 0) throw ApplicationFailure("Flaky", "not yet");
    return "Hello, " + name + ". ";
  });
  registry.add(kNext, [](activity::Context&, int n) { return n + 1; });
}

}  // namespace gantry::temporal::workflow::testing
