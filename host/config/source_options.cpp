#include "host/config/option.hpp"

// What a source's file may say in its tables [source], [source.limits] and [source.files].

namespace gantry::config {
namespace {

using S = SourceConfig;
using V = OptionValue;
using T = OptionType;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

int integer(const V& value) { return static_cast<int>(value.number); }
std::uint64_t bytes(const V& value) { return static_cast<std::uint64_t>(value.number); }

constexpr Option<S> kSourceOptions[] = {
    {{.key = "source.id",
      .env = "",
      .type = T::kText,
      .fallback = "",
      .help = "Name in URLs, document ids and metrics. Empty: the file's name without its number.",
      .pattern = "[a-z0-9][a-z0-9_-]{0,62}"},
     [](S& c, const V& v) {
       if (!v.text.empty()) c.id = v.text;
     }},
    {{.key = "source.plugin",
      .env = "",
      .type = T::kText,
      .fallback = "",
      .help = "The connector's id. Empty: the source's id.",
      .pattern = "[a-z0-9_.-]{1,64}"},
     [](S& c, const V& v) { c.plugin = v.text; }},
    {{.key = "source.library",
      .env = "",
      .type = T::kPath,
      .fallback = "",
      .help = "The shared object. Empty: <plugin>.so in plugin_dir."},
     [](S& c, const V& v) { c.library = v.text; }},
    {{.key = "source.enabled",
      .env = "",
      .type = T::kBool,
      .fallback = "true",
      .help = "false: checked, but not started."},
     [](S& c, const V& v) { c.enabled = v.flag; }},
    {{.key = "source.placement",
      .env = "",
      .type = T::kChoice,
      .fallback = "in-process",
      .help = "Where the connector's code runs: in this process, or in a child process (runner).",
      .choices = "in-process|runner"},
     [](S& c, const V& v) {
       c.placement = v.text == "runner" ? Placement::kRunner : Placement::kInProcess;
     }},
    {{.key = "source.sha256",
      .env = "",
      .type = T::kText,
      .fallback = "",
      .help = "Hash that the shared object must have (sha256sum FILE). Empty: not pinned.",
      .pattern = "[0-9a-f]{64}"},
     [](S& c, const V& v) { c.sha256 = v.text; }},
    {{.key = "source.egress",
      .env = "",
      .type = T::kTextList,
      .fallback = "",
      .help =
          "Hosts that the connector may call: host, host:port or *.domain (443 without a port).",
      .pattern = "(\\[[0-9A-Fa-f:.]+\\]|(\\*\\.)?[A-Za-z0-9._-]+)(:[0-9]{1,5})?"},
     [](S& c, const V& v) { c.egress = v.list; }},
    {{.key = "source.fanout",
      .env = "",
      .type = T::kChoice,
      .fallback = "auto",
      .help =
          "Who carries a delivery's records. record: a workflow of its own each. batch: one for "
          "up to 100. inline: the delivery's workflow itself, at a third of the engine's cost. "
          "auto: inline for one record, else record.",
      .choices = "auto|record|batch|inline"},
     [](S& c, const V& v) {
       c.fanout = v.text == "record"   ? Fanout::kRecord
                  : v.text == "batch"  ? Fanout::kBatch
                  : v.text == "inline" ? Fanout::kInline
                                       : Fanout::kAuto;
     }},
    {{.key = "source.poll_interval",
      .env = "",
      .type = T::kDuration,
      .fallback = "15m",
      .help = "Pollers: rest between two rounds.",
      .min = 1'000,
      .max = 30 * kDayMs},
     [](S& c, const V& v) { c.poll_interval = v.duration; }},
    {{.key = "source.expected_every",
      .env = "",
      .type = T::kDuration,
      .fallback = "0s",
      .help = "How often the source brings something at the least, such as 24h. Where nothing came "
              "for longer, deploy/prometheus/alerts.yml fires GantrySourceSilent. 0s: no "
              "expectation.",
      .min = 0,
      .max = 365 * kDayMs},
     [](S& c, const V& v) { c.expected_every = v.duration; }},
    {{.key = "source.limits.body_bytes_max",
      .env = "",
      .type = T::kBytes,
      .fallback = "1MiB",
      .help = "Largest webhook body of this source.",
      .min = 1024,
      .max = kGiB},
     [](S& c, const V& v) { c.limits.body_bytes_max = bytes(v); }},
    {{.key = "source.limits.requests_per_minute",
      .env = "",
      .type = T::kInteger,
      .fallback = "0",
      .help = "Requests that all calls of this source together send to the vendor in any minute; "
              "0: no limit. A Retry-After of the vendor holds all of them, limit or not. Counted "
              "per host: where several run the source, give each its part.",
      .min = 0,
      .max = 1'000'000},
     [](S& c, const V& v) { c.limits.requests_per_minute = integer(v); }},
    {{.key = "source.limits.requests_per_second",
      .env = "",
      .type = T::kInteger,
      .fallback = "0",
      .help = "The same in any second.",
      .min = 0,
      .max = 100'000},
     [](S& c, const V& v) { c.limits.requests_per_second = integer(v); }},
    {{.key = "source.limits.request_burst",
      .env = "",
      .type = T::kInteger,
      .fallback = "0",
      .help = "How many of them may go at once after a rest; the others are spread evenly. 0: a "
              "tenth of each limit.",
      .min = 0,
      .max = 1'000'000},
     [](S& c, const V& v) { c.limits.request_burst = integer(v); }},
    {{.key = "source.limits.concurrent_requests",
      .env = "",
      .type = T::kInteger,
      .fallback = "0",
      .help = "Requests under way at the same time; 0: no limit.",
      .min = 0,
      .max = 10'000},
     [](S& c, const V& v) { c.limits.concurrent_requests = integer(v); }},
    {{.key = "source.limits.call_timeout",
      .env = "",
      .type = T::kDuration,
      .fallback = "30s",
      .help = "A call into the connector must end after this.",
      .min = 100,
      .max = kDayMs},
     [](S& c, const V& v) { c.limits.call_timeout = v.duration; }},
    {{.key = "source.files.directory",
      .env = "",
      .type = T::kPath,
      .fallback = "",
      .help = "Where the partner leaves files. Empty: this source takes none. Inside it the host "
              "makes processing, archive, error and out, all on one file system."},
     [](S& c, const V& v) { c.files.directory = v.text; }},
    {{.key = "source.files.patterns",
      .env = "",
      .type = T::kTextList,
      .fallback = "",
      .help = "Names to take, as shell patterns: [\"*.csv\", \"*.csv.gz\"]. Empty: every name. "
              "Hidden files, *.tmp and *.part never count.",
      .pattern = "[^/]{1,200}"},
     [](S& c, const V& v) { c.files.patterns = v.list; }},
    {{.key = "source.files.ready",
      .env = "",
      .type = T::kChoice,
      .fallback = "auto",
      .help = "When a file is complete. stable: size and time did not change for stable_for. "
              "marker: NAME.done or NAME.ctl is there. rename: it is written as NAME.tmp or "
              "NAME.part, so under any other name it is whole. auto: any of them; a rename counts "
              "where it was seen.",
      .choices = "auto|stable|marker|rename"},
     [](S& c, const V& v) {
       c.files.ready = v.text == "stable"   ? FileReady::kStable
                       : v.text == "marker" ? FileReady::kMarker
                       : v.text == "rename" ? FileReady::kRename
                                            : FileReady::kAuto;
     }},
    {{.key = "source.files.stable_for",
      .env = "",
      .type = T::kDuration,
      .fallback = "30s",
      .help = "How long a file must stay as it is.",
      .min = 100,
      .max = kDayMs},
     [](S& c, const V& v) { c.files.stable_for = v.duration; }},
    {{.key = "source.files.scan_interval",
      .env = "",
      .type = T::kDuration,
      .fallback = "1m",
      .help = "The directory is watched; a network file system tells nothing, so it is also read "
              "this often.",
      .min = 1'000,
      .max = kDayMs},
     [](S& c, const V& v) { c.files.scan_interval = v.duration; }},
    {{.key = "source.files.schedule",
      .env = "",
      .type = T::kSchedule,
      .fallback = "",
      .help = "Read at these times and not before, as a schedule of Temporal: \"0 2 * * 1-5\" "
              "(minute hour day-of-month month day-of-week), \"@daily\", \"@every 4h\". Empty: "
              "a file is read as soon as it is complete."},
     [](S& c, const V& v) { c.files.schedule = v.text; }},
    {{.key = "source.files.schedule_zone",
      .env = "",
      .type = T::kTimeZone,
      .fallback = "UTC",
      .help = "Time zone of schedule, e.g. \"America/Chicago\". A time that a change of clocks "
              "leaves out is left out; one that comes twice counts twice."},
     [](S& c, const V& v) { c.files.schedule_zone = v.text; }},
    {{.key = "source.files.archive_dir",
      .env = "",
      .type = T::kPath,
      .fallback = "",
      .help = "Where files go that were read. Empty: archive inside directory."},
     [](S& c, const V& v) { c.files.archive_dir = v.text; }},
    {{.key = "source.files.error_dir",
      .env = "",
      .type = T::kPath,
      .fallback = "",
      .help = "Where files go that cannot be read, each with a .err file that says why. Empty: "
              "error inside directory."},
     [](S& c, const V& v) { c.files.error_dir = v.text; }},
    {{.key = "source.files.out_dir",
      .env = "",
      .type = T::kPath,
      .fallback = "",
      .help = "Where the connector's own files go: acknowledgements, lists of bad rows. Empty: out "
              "inside directory."},
     [](S& c, const V& v) { c.files.out_dir = v.text; }},
    {{.key = "source.files.size_max",
      .env = "",
      .type = T::kBytes,
      .fallback = "1GiB",
      .help = "Largest file, unpacked or as it came.",
      .min = 1,
      .max = 1024 * kGiB},
     [](S& c, const V& v) { c.files.size_max = bytes(v); }},
    {{.key = "source.files.unpacked_max",
      .env = "",
      .type = T::kBytes,
      .fallback = "4GiB",
      .help = "Most that one .gz or .zip may become.",
      .min = 1,
      .max = 1024 * kGiB},
     [](S& c, const V& v) { c.files.unpacked_max = bytes(v); }},
    {{.key = "source.files.expansion_max",
      .env = "",
      .type = T::kInteger,
      .fallback = "100",
      .help = "How many times its size a .gz or .zip may become; checked above 1 MiB.",
      .min = 1,
      .max = 100'000},
     [](S& c, const V& v) { c.files.expansion_max = integer(v); }},
    {{.key = "source.files.entries_max",
      .env = "",
      .type = T::kInteger,
      .fallback = "1000",
      .help = "Most files in a .zip.",
      .min = 1,
      .max = 100'000},
     [](S& c, const V& v) { c.files.entries_max = integer(v); }},
};

}  // namespace

std::span<const Option<SourceConfig>> source_options() { return kSourceOptions; }

}  // namespace gantry::config
