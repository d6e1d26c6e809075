#include "host/base/encoding.hpp"
#include "host/plugins/conformance/batch_run.hpp"
#include "host/plugins/conformance/chain.hpp"
#include "host/plugins/conformance/webhook_requests.hpp"

namespace gantry::plugins::conformance {
namespace {

/// One text that left the plugin, and where it was seen.
struct Heard {
  std::string where;
  std::string text;
};

/// Everything that a plugin says in a busy life, by the test that looks at it.
struct Ears {
  std::vector<Heard> logs, errors, records, reports;

  void hear(const std::string& where, const Said& said) {
    for (const std::string* text :
         {&said.error.message, &said.error.detail, &said.error.code, &said.error.pointer}) {
      if (!text->empty()) errors.push_back({where, *text});
    }
  }
  void hear(const std::string& where, const Taken& taken) {
    for (const Record& record : taken.records) {
      records.push_back({where + ", record " + record.name(), record.fingerprint()});
    }
    for (const std::string& cursor : taken.cursors) records.push_back({where + ", cursor", cursor});
    for (const auto& [raw, message] : taken.rejected) {
      errors.push_back({where + ", reject", message});
    }
  }
  void hear(const std::string& where, const Verified& seen) {
    hear(where, seen.said);
    reports.push_back({where + ", reason", seen.verdict.reason});
    reports.push_back({where + ", delivery id", seen.verdict.delivery_id});
    if (seen.verdict.reply) reports.push_back({where + ", reply", seen.verdict.reply->body});
  }
  /// Log lines last until the next renew.
  void hear_logs(Rig& rig) {
    for (std::string& line : rig.host().logs) logs.push_back({"log", std::move(line)});
    rig.host().logs.clear();
  }
};

void listen_webhook(Rig& rig, const Subject& subject, Ears& ears) {
  for (const GoodRequest& good : good_requests(rig, subject)) {
    const bool in_body = good.request.body.find("Canary00") != std::string::npos;
    ears.hear("verify", rig.verify(good.request));
    InboundRequest forged = good.request;
    forged.body += "x";
    ears.hear("verify of a changed body", rig.verify(forged));
    for (auto& [name, value] : forged.headers) value += "0";
    ears.hear("verify of changed headers", rig.verify(forged));
    Taken taken;
    const Said said = rig.parse(good.request, taken);
    if (in_body) continue;  // what the sender wrote, the record may hold
    ears.hear("parse", said);
    ears.hear("parse", taken);
  }
  ears.hear("verify of nothing", rig.verify(rig.request("")));
  Taken taken;
  ears.hear("parse of nothing", rig.parse(rig.request(""), taken));
  ears.hear("sign", rig.sign(rig.request("{}")).said);
  ears.hear_logs(rig);
}

std::vector<HttpGiven> vendor_moods() {
  const net::Headers json{{"Content-Type", "application/json"}};
  return {{GANTRY_OK, 401, json, R"({"error":"unauthorized"})"},
          {GANTRY_OK, 403, json, R"({"error":"forbidden"})"},
          {GANTRY_OK, 429, json, "{}"},
          {GANTRY_OK, 500, json, "{}"},
          {GANTRY_OK, 200, json, "<html>"},
          {GANTRY_TRANSIENT, 0, {}, {}},
          {GANTRY_CONFIG, 0, {}, {}}};
}

void listen_pull(Rig& rig, Ears& ears) {
  const auto listen = [&](const std::string& where, const std::string& cursor) {
    StopPlan plan;
    Pulled pulled = rig.pull(cursor, plan);
    ears.hear(where, pulled.said);
    ears.hear(where, pulled.taken);
    ears.hear_logs(rig);
  };
  rig.renew();
  listen("poll", "");
  listen("poll of a wrong cursor", "garbage");
  for (const HttpGiven& mood : vendor_moods()) {
    for (std::size_t place = 0; place < 3; ++place) {
      rig.renew();
      rig.host().vendor = faulty_vendor(rig.host().vendor, place, mood);
      listen("poll where the vendor answers " + std::to_string(mood.status), "");
    }
  }
}

void listen_check(Rig& rig, Ears& ears) {
  std::vector<HttpGiven> moods = vendor_moods();
  moods.push_back({GANTRY_OK, 200, {}, "{}"});
  for (const HttpGiven& mood : moods) {
    rig.renew();
    rig.host().vendor = [&](const net::HttpRequest&) { return mood; };
    const Reported seen = rig.check();
    ears.hear("check", seen.said);
    for (const Finding& finding : seen.findings) {
      ears.reports.push_back({"check", finding.what + ' ' + finding.remedy});
    }
    ears.hear_logs(rig);
  }
}

Ears listen(Rig& rig, const Subject& subject) {
  Ears ears;
  ears.hear_logs(rig);  // of create
  const Manifest& manifest = subject.manifest;
  if (manifest.has(GANTRY_CAP_WEBHOOK)) listen_webhook(rig, subject, ears);
  if (manifest.has(GANTRY_CAP_POLLER) || manifest.has(GANTRY_CAP_STREAM)) listen_pull(rig, ears);
  if (manifest.has(GANTRY_CAP_CHECK)) listen_check(rig, ears);
  if (manifest.has(GANTRY_CAP_BATCH)) {
    for (const Sample& sample : subject.samples) {
      rig.renew();
      const BatchRun run = run_batch(rig, sample, SIZE_MAX / 2);
      ears.hear("batch", run.said);
      ears.hear("batch", run.taken);
      ears.hear_logs(rig);
    }
  }
  return ears;
}

/// The forms in which a secret is recognised: as it is, its beginning, base64 and hexadecimal.
std::vector<std::string> forms_of(const std::string& secret) {
  constexpr std::size_t kBeginning = 16;
  std::vector<std::string> forms = {secret, to_base64(secret), to_hex(secret)};
  if (secret.size() > kBeginning) forms.push_back(secret.substr(0, kBeginning));
  return forms;
}

Outcome search(const Subject& subject, std::vector<Heard> Ears::* where, const char* place) {
  constexpr std::size_t kSecretMin = 8;  // shorter ones turn up by chance
  Rig rig(subject);
  auto secrets = rig.config().secrets;
  for (const auto& [pointer, values] : subject.scenario.secrets) secrets[pointer] = values;
  const Ears ears = listen(rig, subject);
  for (const auto& [pointer, values] : secrets) {
    for (const std::string& secret : values) {
      if (secret.size() < kSecretMin) continue;
      for (const std::string& form : forms_of(secret)) {
        for (const Heard& heard : ears.*where) {
          if (heard.text.find(form) == std::string::npos) continue;
          // Not the text itself: it holds the secret.
          return failed(std::string("no secret in ") + place,
                        "the value of " + pointer + " in: " + shown(heard.where),
                        "say which field, never what it holds");
        }
      }
    }
  }
  return passed(std::to_string((ears.*where).size()) + " texts");
}

Outcome logs(const Subject& subject) { return search(subject, &Ears::logs, "log lines"); }
Outcome errors(const Subject& subject) { return search(subject, &Ears::errors, "errors"); }
Outcome records(const Subject& subject) {
  return search(subject, &Ears::records, "records and cursors");
}
Outcome reports(const Subject& subject) {
  return search(subject, &Ears::reports, "verdicts and findings");
}

}  // namespace

std::vector<Test> secret_tests() {
  return {
      {13, "secrets.logs", "No secret is logged.", Needs::kNothing, logs},
      {13, "secrets.errors", "No secret is in an error.", Needs::kNothing, errors},
      {13, "secrets.records", "No secret is in a record or cursor.", Needs::kNothing, records},
      {13, "secrets.reports", "No secret is in a verdict or finding.", Needs::kNothing, reports},
  };
}

}  // namespace gantry::plugins::conformance
