#pragma once

#include <string>

#include "host/temporal/activity/registry.hpp"
#include "host/temporal/workflow/registry.hpp"

/// Workflows of every shape, for the tests and for the worker process that they kill.
namespace gantry::temporal::workflow::testing {

inline constexpr WorkflowType<std::string, std::string> kGreeting{.name = "Greeting"};
inline constexpr WorkflowType<int, int> kParent{.name = "Parent"};
inline constexpr WorkflowType<int, int> kChild{.name = "Child"};
inline constexpr WorkflowType<None, std::string> kStages{.name = "Stages"};
inline constexpr WorkflowType<int, int> kCounter{.name = "Counter"};
inline constexpr WorkflowType<None, std::string> kGuarded{.name = "Guarded"};
inline constexpr WorkflowType<int, int> kLong{.name = "Long"};
inline constexpr WorkflowType<None, std::string> kBuild{.name = "Build"};
inline constexpr WorkflowType<None, std::string> kChanging{.name = "Changing"};

inline constexpr QueryType<std::string> kStage{.name = "stage"};
inline constexpr QueryType<int> kTotal{.name = "total"};
inline constexpr SignalType<None> kGo{.name = "go"};
inline constexpr SignalType<int> kAdd{.name = "add"};
inline constexpr UpdateType<int, int> kAddAndTell{.name = "add_and_tell"};

inline constexpr ActivityPolicy kQuick{
    .start_to_close = std::chrono::seconds(10),
    .retry = {.initial_interval = std::chrono::milliseconds(20), .attempts_max = 5}};
inline constexpr ActivityType<std::string, std::string> kFlaky{.name = "flaky", .policy = kQuick};
inline constexpr ActivityType<int, int> kNext{.name = "next", .policy = kQuick};

/// Everything but kChanging, whose code the tests change.
void add_shapes(Registry& registry);
void add_activities(activity::Registry& registry);

}  // namespace gantry::temporal::workflow::testing
