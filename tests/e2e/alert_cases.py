"""When each alert of deploy/prometheus/alerts.yml fires, and what it looks like just before.

Values are Prometheus' own notation, one sample every 15 s from time 0: "0x4 1x9" is five zeros and
ten ones, "0+2x9" rises by two. Times that end in timestamp_seconds are seconds since that 0.
"""

import dataclasses

LONG = 480  # Two hours.


def flat(value):
    return f"{value}x{LONG}"


def rising(step):
    return f"0+{step}x{LONG}"


def step_up(at=5, to=1):
    """Zero, and from sample `at` on `to`."""
    return f"0x{at - 1} {to}x{LONG}"


def histogram(name, labels, counts):
    """Cumulative buckets whose counts rise by these each sample."""
    return {f'{name}{{{labels},le="{bound}"}}': rising(count) for bound, count in counts.items()}


@dataclasses.dataclass
class Case:
    alert: str
    bad: dict  # Series that make it fire.
    good: dict  # Nearly the same, and it does not.
    since: int  # When its expression first holds over `bad`, in seconds.
    labels: dict = dataclasses.field(default_factory=dict)  # Those of the alert.


def requests(source, outcome):
    return f'gantry_ingress_requests_total{{source="{source}",outcome="{outcome}"}}'


def deliveries(source):
    return f'gantry_webhook_deliveries_total{{source="{source}",outcome="parsed"}}'


def calls(source, outcome):
    return f'gantry_plugin_calls_total{{source="{source}",call="poll",outcome="{outcome}"}}'


def rounds(source, outcome):
    return f'gantry_poll_rounds_total{{source="{source}",outcome="{outcome}"}}'


def sagas(source, outcome):
    return f'gantry_saga_documents_total{{source="{source}",outcome="{outcome}"}}'


def models(use, outcome):
    return f'gantry_model_requests_total{{use="{use}",outcome="{outcome}"}}'


def of(metric, source):
    return f'{metric}{{source="{source}"}}'


def at_host(series, **labels):
    return dict(labels, instance="a", **series)


HOST = {"instance": "a"}
SLOTS = 'temporal_worker_task_slots_available{instance="a",worker_type="ActivityWorker"}'
BREAKER = 'gantry_store_breaker_state{instance="a",store="graph/neo4j",state="%s"}'

CASES = [
    Case("GantryTargetDown", {'up{job="gantry",instance="a"}': "1x4 " + flat(0)},
         {'up{job="gantry",instance="a"}': flat(1), 'up{job="somebody",instance="b"}': flat(0)},
         since=75, labels={"job": "gantry", **HOST}),
    Case("GantryNoData", {'gantry_build_info{instance="a"}': "1x1 stale"},
         {'gantry_build_info{instance="a"}': flat(1)}, since=30),
    Case("GantryRestarts",
         {'gantry_start_timestamp_seconds{instance="a"}': f"1x4 2x4 3x4 4x{LONG}"},
         {'gantry_start_timestamp_seconds{instance="a"}': f"1x4 2x4 3x{LONG}"},
         since=225, labels=HOST),
    Case("GantryDiskFull",
         {'gantry_state_disk_free_bytes{instance="a"}': flat(99),
          'gantry_state_disk_size_bytes{instance="a"}': flat(1000)},
         {'gantry_state_disk_free_bytes{instance="a"}': flat(101),
          'gantry_state_disk_size_bytes{instance="a"}': flat(1000)}, since=0, labels=HOST),
    Case("GantryTemporalAway", {'gantry_temporal_serving{instance="a"}': flat(0)},
         {'gantry_temporal_serving{instance="a"}': flat(1)}, since=0, labels=HOST),
    Case("GantryPluginRefused", {'gantry_plugins_refused{instance="a"}': flat(1)},
         {'gantry_plugins_refused{instance="a"}': flat(0)}, since=0, labels=HOST),
    Case("GantryInboxStuck", {'gantry_inbox_oldest_pending_seconds{instance="a"}': flat(301)},
         {'gantry_inbox_oldest_pending_seconds{instance="a"}': flat(300)}, since=0, labels=HOST),
    Case("GantryAliveButStuck",
         {requests("stuck", "accepted"): step_up(), deliveries("stuck"): flat(0)},
         {requests("stuck", "accepted"): step_up(), deliveries("stuck"): step_up()},
         since=75, labels={"source": "stuck"}),
    Case("GantryDoorRefuses", {requests("refused", "unavailable"): step_up()},
         {requests("refused", "unavailable"): flat(0)}, since=75, labels={"source": "refused"}),
    Case("GantrySignaturesRejected",
         {requests("forged", "rejected"): rising(2), requests("forged", "accepted"): rising(1),
          deliveries("forged"): rising(1)},
         {requests("forged", "rejected"): rising(1), requests("forged", "accepted"): rising(2),
          deliveries("forged"): rising(1)},
         since=45, labels={"source": "forged"}),
    Case("GantryAnswersSlow",
         histogram("gantry_ingress_request_seconds_bucket", 'source="slow-door"',
                   {"1": 98, "2.5": 100, "+Inf": 100}),
         histogram("gantry_ingress_request_seconds_bucket", 'source="slow-door"',
                   {"1": 100, "2.5": 100, "+Inf": 100}),
         since=15, labels={"source": "slow-door"}),
    Case("GantrySourceSilent",
         {of("gantry_source_last_data_timestamp_seconds", "silent"): flat(0),
          of("gantry_source_expected_interval_seconds", "silent"): flat(600)},
         {of("gantry_source_last_data_timestamp_seconds", "silent"): flat(900),
          of("gantry_source_expected_interval_seconds", "silent"): flat(600)},
         since=615, labels={"source": "silent"}),
    Case("GantrySourceNeedsCredentials",
         {'gantry_source_state{source="locked",state="reauth"}': flat(1)},
         {'gantry_source_state{source="locked",state="running"}': flat(1)},
         since=0, labels={"source": "locked"}),
    Case("GantrySourceFailed", {'gantry_source_state{source="broken",state="failed"}': flat(1)},
         {'gantry_source_state{source="broken",state="running"}': flat(1)},
         since=0, labels={"source": "broken"}),
    Case("GantrySourceErrors",
         {calls("failing", "ok"): rising(8), calls("failing", "transient"): rising(1)},
         {calls("failing", "ok"): rising(8), calls("failing", "transient"): flat(0),
          calls("failing", "rate_limited"): rising(8)},
         since=15, labels={"source": "failing"}),
    Case("GantryPollLate",
         {of("gantry_poll_last_success_timestamp_seconds", "late"): flat(0),
          of("gantry_poll_interval_seconds", "late"): flat(100)},
         {of("gantry_poll_last_success_timestamp_seconds", "late"): flat(0),
          of("gantry_poll_interval_seconds", "late"): flat(100),
          'gantry_source_state{source="late",state="paused"}': flat(1)},
         since=375, labels={"source": "late"}),
    Case("GantryPollsFail",
         {rounds("vain", "failed"): step_up(), rounds("vain", "ok"): flat(3)},
         {rounds("vain", "failed"): step_up(), rounds("vain", "ok"): rising(1)},
         since=75, labels={"source": "vain"}),
    Case("GantryStreamLag",
         {of("gantry_stream_lag_seconds", "behind"): flat(301),
          of("gantry_stream_records_total", "behind"): rising(1)},
         {of("gantry_stream_lag_seconds", "behind"): flat(301),
          of("gantry_stream_records_total", "behind"): flat(9)},
         since=15, labels={"source": "behind"}),
    Case("GantryStreamStalled",
         {of("gantry_stream_last_success_timestamp_seconds", "stalled"): flat(0)},
         {of("gantry_stream_last_success_timestamp_seconds", "stalled"): flat(200)},
         since=315, labels={"source": "stalled"}),
    Case("GantryFilesRejected",
         {'gantry_batch_files_total{source="partner",outcome="rejected"}': step_up()},
         {'gantry_batch_files_total{source="partner",outcome="archived"}': step_up()},
         since=75, labels={"source": "partner"}),
    Case("GantryRecordsStuck",
         {"gantry_staging_records": flat(5),
          'gantry_ingestion_records_total{source="held",outcome="stored"}': flat(0)},
         {"gantry_staging_records": flat(5),
          'gantry_ingestion_records_total{source="held",outcome="stored"}': rising(1)}, since=15),
    Case("GantryWritesDelayed", {of("gantry_ingestion_delays_total", "waiting"): rising(1)},
         {of("gantry_ingestion_delays_total", "waiting"): flat(7)},
         since=15, labels={"source": "waiting"}),
    Case("GantryBreakerOpen",
         {BREAKER % "open": "1 0 1 0 " * 60, BREAKER % "half-open": "0 1 0 1 " * 60,
          BREAKER % "closed": flat(0)},
         {BREAKER % "open": flat(0), BREAKER % "half-open": flat(0), BREAKER % "closed": flat(1)},
         since=0, labels={"store": "graph/neo4j", **HOST}),
    Case("GantrySagaPartial", {sagas("torn", "partial"): step_up()},
         {sagas("torn", "rolled_back"): step_up(), sagas("torn", "success"): rising(1)},
         since=75, labels={"source": "torn"}),
    Case("GantrySagaFailing",
         {sagas("undone", "success"): rising(8), sagas("undone", "rolled_back"): rising(1)},
         {sagas("undone", "success"): rising(18), sagas("undone", "rolled_back"): rising(1)},
         since=15, labels={"source": "undone"}),
    Case("GantryDeadLettersGrow",
         {'gantry_dead_letters{source="poison",kind="part"}': step_up()},
         {'gantry_dead_letters{source="poison",kind="part"}': flat(4)},
         since=75, labels={"source": "poison", "kind": "part"}),
    Case("GantryReconcilerDifferences", {"gantry_reconciler_differences": flat(1)},
         {"gantry_reconciler_differences": flat(0)}, since=0),
    Case("GantryIngestionSlow",
         histogram("gantry_ingestion_latency_seconds_bucket", 'source="slow"',
                   {"60": 98, "300": 100, "+Inf": 100}),
         histogram("gantry_ingestion_latency_seconds_bucket", 'source="slow"',
                   {"60": 100, "300": 100, "+Inf": 100}),
         since=15, labels={"source": "slow"}),
    Case("GantryModelErrors",
         {models("embedding", "ok"): rising(3), models("embedding", "unavailable"): rising(1)},
         {models("embedding", "ok"): rising(5), models("embedding", "unavailable"): rising(1)},
         since=15, labels={"use": "embedding"}),
    Case("GantryTasksWait",
         histogram("temporal_workflow_task_schedule_to_start_latency_bucket", 'task_queue="q"',
                   {"5000": 98, "10000": 100, "+Inf": 100}),
         histogram("temporal_workflow_task_schedule_to_start_latency_bucket", 'task_queue="q"',
                   {"5000": 100, "10000": 100, "+Inf": 100}),
         since=15, labels={"task_queue": "q"}),
    Case("GantryQueueStuck",
         {'gantry_task_queue_backlog_age_seconds{task_type="workflow"}': flat(121)},
         {'gantry_task_queue_backlog_age_seconds{task_type="workflow"}': flat(120)},
         since=0, labels={"task_type": "workflow"}),
    Case("GantryNoActivitySlots", {SLOTS: flat(0)}, {SLOTS: flat(1)}, since=0, labels=HOST),
]
