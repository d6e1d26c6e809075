#include "host/activities/stages.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "host/activities/stated_entities.hpp"
#include "host/pipeline/parser.hpp"

namespace gantry::activities {
namespace {

/// Tombstones and purges carry no words: only the write concerns them.
bool has_words(const Document& document) { return !document.deleted && !document.purged; }

/// What of a document is searched: its text, else its title, else the vendor's bytes.
Result<pipeline::ParsedText> parse_words(const Document& document) {
  if (!document.text.empty()) return pipeline::parse(document.text, document.content_type);
  if (!document.title.empty()) return pipeline::parse(document.title, "text/plain");
  return pipeline::parse(document.raw, document.content_type);
}

std::vector<std::string> keys_of(const DocumentIngestionInput& input) {
  std::vector<std::string> keys;
  keys.reserve(input.records.size());
  for (const auto& record : input.records) keys.push_back(record.staging_key);
  return keys;
}

/// A store that refuses the host (a password was changed) or lost its database refuses every
/// document: somebody must mend it, and until then the records wait as in any outage.
bool refuses_everybody(const Error& error) {
  return error.kind == ErrorKind::kDenied || error.kind == ErrorKind::kNotFound;
}

Error nothing_left(const Error& first) {
  return {ErrorKind::kInvalid, "no record can be read: " + first.what, first.upstream};
}

}  // namespace

Result<std::vector<Stages::Item>> Stages::load(const DocumentIngestionInput& input) const {
  auto documents = ports_.staging.get(keys_of(input), {});
  if (!documents) return documents.error();
  std::vector<Item> items(documents->size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!(*documents)[i]) {
      items[i].settled = true;
      continue;
    }
    items[i].document = std::move(*(*documents)[i]);
    items[i].work = workbench_.find(input.records[i].staging_key);
  }
  return items;
}

Result<void> Stages::ensure_parsed(Item& item) const {
  if (item.settled || item.work.parsed || item.work.invalid || !has_words(item.document)) return {};
  auto parsed = parse_words(item.document);
  if (parsed) {
    item.work.parsed = std::move(*parsed);
  } else if (parsed.error().retryable()) {
    return parsed.error();  // the reader's trouble, not the record's
  } else {
    item.work.invalid = parsed.error();
  }
  return {};
}

Result<void> Stages::ensure_entities(Item& item) const {
  if (item.work.entities || !item.work.parsed) return {};
  auto entities = ports_.extractor.extract(item.work.parsed->text);
  if (!entities) return entities.error();
  auto stated = stated_entities(item.document, titles_);
  std::ranges::move(stated, std::back_inserter(*entities));
  item.work.entities = std::move(*entities);
  return {};
}

Result<void> Stages::ensure_embeddings(std::span<Item> items) const {
  std::vector<Item*> lacking;
  std::vector<const pipeline::ParsedText*> texts;
  for (Item& item : items) {
    if (!item.work.parsed || item.work.embeddings) continue;
    lacking.push_back(&item);
    texts.push_back(&*item.work.parsed);
  }
  auto made = pipeline::embed_chunks(ports_.embedder, texts);
  if (!made) return made.error();
  for (std::size_t i = 0; i < lacking.size(); ++i) {
    lacking[i]->work.embeddings = std::move((*made)[i]);
  }
  return {};
}

Result<StageResult> Stages::parse(const DocumentIngestionInput& input) {
  auto items = load(input);
  if (!items) return items.error();
  StageResult result;
  std::optional<Error> first_invalid;
  for (std::size_t i = 0; i < items->size(); ++i) {
    Item& item = (*items)[i];
    if (auto done = ensure_parsed(item); !done) return done.error();
    if (item.work.invalid) {
      if (!first_invalid) first_invalid = item.work.invalid;
    } else {
      ++result.documents;
      if (!item.work.parsed) continue;
      result.items += static_cast<int>(item.work.parsed->chunks.size());
    }
    workbench_.keep(input.records[i].staging_key, item.work);
  }
  if (result.documents == 0 && first_invalid) return nothing_left(*first_invalid);
  return result;
}

Result<StageResult> Stages::each(const DocumentIngestionInput& input, const Step& step) {
  auto items = load(input);
  if (!items) return items.error();
  StageResult result;
  for (std::size_t i = 0; i < items->size(); ++i) {
    Item& item = (*items)[i];
    if (auto done = ensure_parsed(item); !done) return done.error();
    if (item.work.invalid) continue;
    const auto made = step(item);
    if (!made) return made.error();
    ++result.documents;
    result.items += static_cast<int>(*made);
    if (item.work.parsed) workbench_.keep(input.records[i].staging_key, item.work);
  }
  return result;
}

Result<StageResult> Stages::extract(const DocumentIngestionInput& input) {
  return each(input, [this](Item& item) -> Result<std::size_t> {
    if (auto done = ensure_entities(item); !done) return done.error();
    return item.work.entities ? item.work.entities->size() : 0;
  });
}

Result<StageResult> Stages::embed(const DocumentIngestionInput& input) {
  auto items = load(input);
  if (!items) return items.error();
  for (Item& item : *items) {
    if (auto done = ensure_parsed(item); !done) return done.error();
  }
  if (auto done = ensure_embeddings(*items); !done) return done.error();
  StageResult result;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const Item& item = (*items)[i];
    if (item.work.invalid) continue;
    ++result.documents;
    if (!item.work.parsed) continue;
    result.items += static_cast<int>(item.work.embeddings->vectors.size());
    workbench_.keep(input.records[i].staging_key, item.work);
  }
  return result;
}

Result<IngestionSummary> Stages::write(const DocumentIngestionInput& input,
                                       const stores::CallOptions& options, const Told& told) {
  auto items = load(input);
  if (!items) return items.error();
  for (Item& item : *items) {
    if (auto done = ensure_parsed(item); !done) return done.error();
  }
  if (auto done = ensure_embeddings(*items); !done) return done.error();
  IngestionSummary summary;
  std::vector<stores::IngestedDocument> batch;
  std::vector<std::size_t> place;
  std::vector<std::pair<std::size_t, Instant>> ended;
  for (std::size_t i = 0; i < items->size(); ++i) {
    Item& item = (*items)[i];
    const RecordRef& ref = input.records[i];
    summary.records.push_back({ref.document_id, ref.version, "stored", {}});
    if (item.settled) continue;
    ended.emplace_back(i, item.document.received_at);
    if (item.work.invalid) {
      summary.records[i].outcome = "dead_letter";
      summary.records[i].reason = item.work.invalid->what;
      auto buried = bury(input, i, item.document, *item.work.invalid);
      if (!buried) return buried.error();
      continue;
    }
    if (auto done = ensure_entities(item); !done) return done.error();
    stores::IngestedDocument ingested;
    ingested.document = std::move(item.document);
    if (item.work.parsed) {
      summary.chunks += static_cast<int>(item.work.parsed->chunks.size());
      summary.entities += static_cast<int>(item.work.entities->size());
      ingested.parsed = std::move(*item.work.parsed);
      if (ingested.document.title.empty()) ingested.document.title = ingested.parsed.title;
      ingested.entities = std::move(*item.work.entities);
      ingested.embeddings = std::move(*item.work.embeddings);
    }
    batch.push_back(std::move(ingested));
    place.push_back(i);
  }

  const auto began = std::chrono::steady_clock::now();
  const auto outcomes = ports_.saga.write(batch, options);
  if (ports_.on_written && !batch.empty()) {
    ports_.on_written({input.source, batch, outcomes, std::chrono::steady_clock::now() - began});
  }
  for (std::size_t k = 0; k < outcomes.size(); ++k) {
    const auto& outcome = outcomes[k];
    auto& record = summary.records[place[k]];
    if (outcome.kind == stores::saga::OutcomeKind::kSuccess) {
      if (outcome.kept == stores::Kept::kStale) record.outcome = "stale";
    } else if (outcome.retryable()) {
      return *outcome.error;
    } else if (outcome.error && refuses_everybody(*outcome.error)) {
      return Error{ErrorKind::kUnavailable, outcome.error->what, outcome.error->upstream};
    } else {
      const Error reason =
          outcome.error.value_or(Error{ErrorKind::kInternal, "the saga gave no reason"});
      record.outcome = "dead_letter";
      record.reason = reason.what;
      auto buried = bury(input, place[k], batch[k].document, reason);
      if (!buried) return buried.error();
    }
  }
  if (auto released = release(input, options); !released) return released.error();
  const bool lost = std::ranges::any_of(
      summary.records, [](const RecordOutcome& one) { return one.outcome == "dead_letter"; });
  if (!input.letter.empty() && !lost) {
    if (auto done = ports_.dead_letters.resolve(input.letter, options); !done) return done.error();
  }
  if (told) {
    for (const auto& [i, received_at] : ended) told(summary.records[i].outcome, received_at);
  }
  return summary;
}

Result<void> Stages::give_up(const DocumentIngestionInput& input, std::string_view reason,
                             const Told& told) {
  auto items = load(input);
  if (!items) return items.error();
  for (std::size_t i = 0; i < items->size(); ++i) {
    const Item& item = (*items)[i];
    if (item.settled) continue;
    const Error why = item.work.invalid.value_or(Error{ErrorKind::kInternal, std::string(reason)});
    if (auto buried = bury(input, i, item.document, why); !buried) return buried.error();
  }
  if (auto released = release(input, {}); !released) return released.error();
  for (const Item& item : *items) {
    if (told && !item.settled) told("dead_letter", item.document.received_at);
  }
  return {};
}

Result<void> Stages::release(const DocumentIngestionInput& input,
                             const stores::CallOptions& options) {
  const auto keys = keys_of(input);
  for (const auto& key : keys) workbench_.forget(key);
  return ports_.staging.release(keys, options);
}

Result<void> Stages::bury(const DocumentIngestionInput& input, std::size_t record,
                          const Document& document, const Error& reason) {
  const RecordRef& ref = input.records[record];
  stores::DeadLetter letter;
  letter.id = "record:" + ref.staging_key;
  letter.kind = "record";
  letter.source = document.source;
  letter.subject = ref.document_id;
  letter.reason = reason.what;
  letter.upstream = reason.upstream;
  letter.priority = input.priority;
  letter.payload = dump_json(Json(document));  // whole, so that a retry can stage it again
  auto added = ports_.dead_letters.add(letter, {});
  if (!added) return added.error();
  return {};
}

}  // namespace gantry::activities
