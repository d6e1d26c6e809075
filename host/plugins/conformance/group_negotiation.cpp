#include "host/plugins/abi/span.hpp"
#include "host/plugins/conformance/rig.hpp"

namespace gantry::plugins::conformance {
namespace {

constexpr const char* kAll[] = {GANTRY_CAP_WEBHOOK, GANTRY_CAP_POLLER, GANTRY_CAP_STREAM,
                                GANTRY_CAP_BATCH, GANTRY_CAP_CHECK};

Outcome unknown(const Subject& subject) {
  Rig rig(subject);
  std::vector<std::string> ids = {"", "x", "gantry.nothing/1", "com.vendor.private/1",
                                  std::string(70'000, 'g')};
  for (const std::string known : kAll) {
    ids.push_back(known + 'x');  // trailing garbage
    ids.push_back(known + '0');  // revision 10
    ids.push_back(known + std::string(1, '\0'));
    ids.push_back(known.substr(0, known.size() - 1) + '2');  // the next revision
    ids.push_back(known.substr(0, known.size() - 2));        // none at all
  }
  for (const std::string& id : ids) {
    const GuardedBytes bytes(id);
    if (rig.entry().get_capability(rig.instance(), {bytes.data(), id.size()}) == nullptr) continue;
    return failed("NULL for a capability that the plugin does not have",
                  "a struct for \"" + shown(id) + '"', "compare the whole id, its length too");
  }
  return passed();
}

/// The functions that a capability cannot do without, and the size its struct has in ABI 1.0.
bool is_complete(const std::string& id, const void* raw) {
  const auto has = [raw](const auto* table, auto... members) {
    std::uint32_t size = 0;
    std::memcpy(&size, raw, sizeof size);
    return size >= sizeof *table && (... && (table->*members != nullptr));
  };
  if (id == GANTRY_CAP_WEBHOOK) {
    return has(static_cast<const gantry_webhook*>(raw), &gantry_webhook::verify,
               &gantry_webhook::parse);
  }
  if (id == GANTRY_CAP_POLLER) {
    return has(static_cast<const gantry_poller*>(raw), &gantry_poller::poll);
  }
  if (id == GANTRY_CAP_STREAM) {
    return has(static_cast<const gantry_stream*>(raw), &gantry_stream::open, &gantry_stream::next,
               &gantry_stream::close);
  }
  if (id == GANTRY_CAP_BATCH) {
    return has(static_cast<const gantry_batch*>(raw), &gantry_batch::probe, &gantry_batch::open,
               &gantry_batch::feed, &gantry_batch::finish, &gantry_batch::close);
  }
  if (id == GANTRY_CAP_CHECK) {
    return has(static_cast<const gantry_check*>(raw), &gantry_check::check);
  }
  return true;
}

Outcome promised(const Subject& subject) {
  Rig rig(subject);
  for (const std::string id : kAll) {
    const void* const raw = rig.entry().get_capability(rig.instance(), abi::span_of(id));
    if (raw != rig.entry().get_capability(rig.instance(), abi::span_of(id))) {
      return failed("the same answer every time", "another struct for " + id,
                    "return the address of static data");
    }
    const bool told = subject.manifest.has(id);
    if (told && (raw == nullptr || !is_complete(id, raw))) {
      return failed("every capability of the manifest, complete",
                    id + (raw == nullptr ? " is not there" : " is too short or lacks a function"),
                    "give it, or leave it out of the manifest");
    }
    if (!told && raw != nullptr) {
      return warned("no capability beyond the manifest", id + " is there and not named",
                    "name it in manifest.json: a host asks for nothing else");
    }
  }
  return passed();
}

/// A little of everything, to see that it lives in this surrounding; results do not count.
void tour(Rig& rig, const Subject& subject) {
  StopPlan plan;
  Taken taken;
  if (subject.manifest.has(GANTRY_CAP_WEBHOOK)) {
    InboundRequest request = rig.request(R"({"id":"1"})");
    const Signed made = rig.sign(request);
    request.headers.insert(request.headers.end(), made.headers.begin(), made.headers.end());
    rig.verify(request);
    rig.parse(request, taken);
  }
  if (subject.manifest.has(GANTRY_CAP_CHECK)) rig.check();
  if (subject.manifest.has(GANTRY_CAP_POLLER) || subject.manifest.has(GANTRY_CAP_STREAM)) {
    rig.pull("", plan);
  }
}

Outcome bare_host(const Subject& subject) {
  Rig rig(subject, {Shape::kPlain, true});
  tour(rig, subject);
  return passed();
}

Outcome exact_structs(const Subject& subject) {
  Rig rig(subject, {Shape::kExact, false});
  tour(rig, subject);
  return passed();
}

/// True for a request that verify must accept, in whatever shape it comes.
std::optional<InboundRequest> good_request(Rig& rig) {
  InboundRequest request = rig.request(R"({"id":"1"})");
  const Signed made = rig.sign(request);
  if (!made.said.ok() || made.headers.empty()) return std::nullopt;
  request.headers.insert(request.headers.end(), made.headers.begin(), made.headers.end());
  return request;
}

Outcome long_structs(const Subject& subject) {
  Rig rig(subject, {Shape::kLong, false});
  tour(rig, subject);
  if (!subject.manifest.has(GANTRY_CAP_WEBHOOK)) return passed();
  const auto request = good_request(rig);
  if (!request) return passed();
  const Verified seen = rig.verify(*request);
  if (seen.accepted()) return passed();
  // Is it the shape, or is the request refused anyway? Then webhook.round_trip says so.
  return failed("a signed request is accepted where header elements are larger", seen.text(),
                "step through headers by header_stride, not by sizeof(gantry_pair)");
}

}  // namespace

std::vector<Test> negotiation_tests() {
  return {
      {3, "negotiation.unknown", "Unknown capabilities are answered NULL.", Needs::kNothing,
       unknown},
      {3, "negotiation.promised", "The manifest names what is there.", Needs::kNothing, promised},
      {3, "negotiation.bare_host", "It lives without services it did not ask for.", Needs::kNothing,
       bare_host},
      {3, "negotiation.exact_structs", "It reads no struct past struct_size, and writes none.",
       Needs::kNothing, exact_structs},
      {3, "negotiation.long_structs", "It lives with structs of a later minor.", Needs::kNothing,
       long_structs},
  };
}

}  // namespace gantry::plugins::conformance
