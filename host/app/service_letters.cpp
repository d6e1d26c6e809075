// What of the service is about dead letters.

#include <nlohmann/json.hpp>

#include "host/app/service.hpp"

namespace gantry::app {
namespace {

using console::AdminRequest;
using console::AdminResponse;
using console::error_response;
using observe::Level;

constexpr std::size_t kNoteMax = 500;

AdminResponse answer(const Result<Json>& result, unsigned status = 200) {
  if (!result) return error_response(result.error());
  return console::json_response(status, dump_json(*result));
}

Error not_connected() {
  return {ErrorKind::kUnavailable, "Temporal is not connected yet; try again"};
}

/// The note of a resolved letter; kInvalid where the body is another thing.
Result<std::string> note_of(const AdminRequest& request) {
  if (request.body.empty()) return std::string{};
  const auto body = parse_json(request.body);
  if (!body || !body->is_object()) {
    return Error{ErrorKind::kInvalid, "the body: want {\"note\": \"…\"}"};
  }
  std::string note = text_at(*body, "note").value_or("");
  if (note.size() > kNoteMax) {
    return Error{ErrorKind::kInvalid,
                 "the note is longer than " + std::to_string(kNoteMax) + " bytes"};
  }
  return note;
}

}  // namespace

DeadLetterDesk Service::desk() {
  return DeadLetterDesk({stores_->dead_letters(),
                         stores_->staging(),
                         *saga_,
                         stores_->saga_log(),
                         {&stores_->documents(), &stores_->vectors(), &stores_->graph()},
                         *inbox_,
                         [this](const DocumentIngestionInput& input) -> Result<std::string> {
                           DocumentIngestionInput placed = input;
                           placed.placement = placement();
                           const auto workflow = bring(placed, temporal::ClosedPolicy::kAllow);
                           if (!workflow) return workflow.error();
                           return workflow->value_or(std::string());
                         },
                         [this](std::string_view source, std::string_view delivery,
                                std::string_view letter) -> Result<std::string> {
                           if (rollout_->percentage() < 100 || rollout_->divert()) {
                             WebhookIngestionInput input =
                                 webhook_input(*sources_, placement(), source, delivery);
                             input.letter = letter;
                             if (auto taken = direct_->take(input); !taken) return taken.error();
                             return std::string();
                           }
                           WorkflowStarter* starter = workflow_starter();
                           if (starter == nullptr) return not_connected();
                           return starter->start_again(source, delivery, letter);
                         }});
}

void Service::add_letter_routes() {
  admin_->route("GET", "/dlq", [this](const AdminRequest& request) {
    const auto limit = request.limit(100, 0, 1'000);
    if (!limit) return error_response(limit.error());
    const stores::DeadLetterQuery query{
        .kind = request.value("kind"), .source = request.value("source"), .limit = *limit};
    return answer(desk().list(query, system_clock().now()));
  });
  admin_->route("GET", "/dlq/{id}", [this](const AdminRequest& request) {
    return answer(desk().show(request.params.at("id"), request.value("payload") == "1",
                              system_clock().now()));
  });
  admin_->route("POST", "/dlq/{id}/{action}", [this](const AdminRequest& request) {
    const std::string& id = request.params.at("id");
    const std::string& action = request.params.at("action");
    if (action == "retry") {
      const auto told = desk().retry(id);
      log_.write("host", Level::kInfo, "dead_letter_retried",
                 {{"letter", id}, {"refused", told ? "" : told.error().message()}});
      return answer(told, 202);
    }
    if (action != "resolve") {
      return error_response(
          Error{ErrorKind::kNotFound, "a dead letter takes retry and resolve, not " + action});
    }
    const auto note = note_of(request);
    if (!note) return error_response(note.error());
    const auto told = desk().resolve(id);
    if (told) {
      log_.write("host", Level::kInfo, "dead_letter_resolved", {{"letter", id}, {"note", *note}});
    }
    return answer(told);
  });
}

}  // namespace gantry::app
