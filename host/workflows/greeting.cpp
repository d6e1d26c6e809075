#include "host/workflows/definitions.hpp"

namespace gantry::workflows {

Task<std::string> greeting(Context ctx, std::string name) {
  co_return co_await ctx.activity(kGreet, name);
}

}  // namespace gantry::workflows
