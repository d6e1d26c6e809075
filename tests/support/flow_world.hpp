#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "host/activities/flows.hpp"
#include "host/pipeline/hashing_embedder.hpp"
#include "host/pipeline/rules_extractor.hpp"
#include "host/plugins/loader.hpp"
#include "host/stores/embedded/embedded.hpp"
#include "host/temporal/client/client.hpp"
#include "host/temporal/worker/worker.hpp"
#include "host/temporal/workflow/host.hpp"
#include "host/workflows/workflows.hpp"

namespace gantry::testing {

/// A file room over one folder: waiting/, work/, archive/, error/, outbox/.
class FolderRoom final : public FileRoom {
 public:
  explicit FolderRoom(std::filesystem::path root) : root_(std::move(root)) {
    for (const char* part : {"waiting", "work", "archive", "error", "outbox"}) {
      std::filesystem::create_directories(root_ / part);
    }
  }
  std::filesystem::path at(const std::string& part) const { return root_ / part; }

  Result<std::vector<BatchFile>> claim(std::string_view, std::string_view,
                                       std::size_t files_max) override {
    for (const auto& entry : std::filesystem::directory_iterator(at("waiting"))) {
      std::filesystem::rename(entry.path(), at("work") / entry.path().filename());
    }
    std::vector<BatchFile> files;
    for (const auto& entry : std::filesystem::directory_iterator(at("work"))) {
      if (files.size() == files_max) break;
      const std::string name = entry.path().filename();
      files.push_back({name, name, "00", entry.file_size(), 1'700'000'000'000'000'000});
    }
    return files;
  }
  Result<std::unique_ptr<FileContent>> open(std::string_view, const BatchFile& file,
                                            std::uint64_t offset) override {
    auto content = std::make_unique<Content>(at("work") / file.id, offset);
    if (!content->stream) return Error{ErrorKind::kNotFound, "no claim " + file.id};
    return std::unique_ptr<FileContent>(std::move(content));
  }
  Result<void> put_outbox(std::string_view, const BatchFile& file, std::string_view name,
                          std::string_view content) override {
    std::ofstream(at("outbox") / (file.name + "." + std::string(name))) << content;
    return {};
  }
  Result<void> archive(std::string_view, const BatchFile& file) override {
    return move(file, "archive");
  }
  Result<void> reject(std::string_view, const BatchFile& file, std::string_view reason) override {
    std::ofstream(at("error") / (file.name + ".reason")) << reason;
    return move(file, "error");
  }

 private:
  struct Content final : FileContent {
    Content(const std::filesystem::path& path, std::uint64_t offset)
        : stream(path, std::ios::binary) {
      stream.seekg(static_cast<std::streamoff>(offset));
    }
    Result<std::size_t> read(std::span<char> into) override {
      stream.read(into.data(), static_cast<std::streamsize>(into.size()));
      return static_cast<std::size_t>(stream.gcount());
    }
    std::ifstream stream;
  };
  Result<void> move(const BatchFile& file, const std::string& part) {
    std::error_code ignored;  // a repeated call finds it moved already
    std::filesystem::rename(at("work") / file.id, at(part) / file.name, ignored);
    return {};
  }

  const std::filesystem::path root_;
};

/// A host in small: a real connector file, real stores, real activities and workflows, one worker.
/// The connector is tests/fixtures/plugins/flows.c, whose file GANTRY_FLOWS_PLUGIN names.
class FlowWorld {
 public:
  FlowWorld(const std::string& address, std::string queue, const std::filesystem::path& folder,
            const std::string& plugin_config, const pipeline::EntityExtractor& extractor)
      : room(folder / "files"), queue_(std::move(queue)) {
    const auto plugin = folder / "flows.so";
    if (!std::filesystem::exists(plugin)) {
      std::filesystem::copy_file(GANTRY_FLOWS_PLUGIN, plugin);
      ::chmod(plugin.c_str(), 0644);
    }
    plugins::SourceRequest wanted;
    wanted.source_id = "vendor";
    wanted.file = plugin;
    wanted.config_json = plugin_config;
    auto loaded = loader_.load_all({wanted});
    if (!loaded.refusals.empty()) throw std::runtime_error(loaded.refusals[0].message);
    registry_ = std::move(loaded.registry);
    stores = stores::embedded::EmbeddedStores::open({.file = folder / "stores.db"}).value();
    saga_ = std::make_unique<stores::saga::Saga>(
        stores::saga::SagaPorts{{&stores->documents(), &stores->vectors(), &stores->graph()},
                                &stores->cache(),
                                &stores->saga_log(),
                                &stores->dead_letters()});
    stages_.emplace(activities::StagePorts{stores->staging(), *saga_, stores->dead_letters(),
                                           extractor, embedder_});
    const activities::FlowPorts ports{
        [this](std::string_view id) {
          return std::shared_ptr<const plugins::Source>(registry_, registry_->find(id));
        },
        [](std::string_view) { return std::chrono::milliseconds(30'000); }, stores->staging(),
        stores->dead_letters()};
    poller_.emplace(ports);
    streams_.emplace(ports);
    files_.emplace(ports, room);
    webhooks_.emplace(activities::WebhookPorts{ports.find_source, ports.call_timeout, ledger_,
                                               stores->staging(), stores->dead_letters()});
    workflows::register_all(workflows_);
    activities::register_all(activities_, *stages_, *webhooks_, {});
    activities::register_flows(activities_, *poller_, *streams_, &*files_, {});
    temporal::ConnectionOptions to;
    to.address = address;
    connection_ = temporal::Connection::open(to, {}).value();
    client.emplace(*connection_);
    temporal::workflow::HostOptions host_options;
    host_options.task_queue = queue_;
    host_ = temporal::workflow::make_host(workflows_, host_options);
    temporal::WorkerOptions options;
    options.core.task_queue = queue_;
    worker_ =
        temporal::Worker::make(*connection_, options, {host_.get(), &activities_, nullptr}).value();
    worker_->start();
  }
  ~FlowWorld() {
    worker_->request_stop();
    (void)worker_->wait();
    streams_->feeds().close_all();
  }

  temporal::StartOptions options(std::string id) const {
    temporal::StartOptions start;
    start.id = std::move(id);
    start.task_queue = queue_;
    start.running = temporal::RunningPolicy::kUseExisting;
    start.search_attributes = {
        {std::string(kAttributeSource), temporal::keyword_attribute("vendor")},
        {std::string(kAttributePriority), temporal::keyword_attribute("normal")}};
    return start;
  }
  std::size_t documents() const { return stores->documents().count({}).value(); }
  std::size_t staged() const { return stores->staging().count({}).value(); }
  std::size_t dead() const { return stores->dead_letters().count({}).value(); }

  FolderRoom room;
  std::unique_ptr<stores::embedded::EmbeddedStores> stores;
  std::optional<temporal::Client> client;

 private:
  /// Nobody sends deliveries here.
  struct NoLedger final : DeliveryLedger {
    Result<Delivery> load(std::string_view, std::string_view) const override {
      return Error{ErrorKind::kNotFound, "no deliveries"};
    }
    Result<void> mark_done(std::string_view, std::string_view) override { return {}; }
    Result<void> mark_dead(std::string_view, std::string_view, std::string_view) override {
      return {};
    }
  };

  const std::string queue_;
  plugins::Loader loader_{plugins::HostPorts{}};
  std::shared_ptr<plugins::Registry> registry_;
  std::unique_ptr<stores::saga::Saga> saga_;
  pipeline::HashingEmbedder embedder_;
  NoLedger ledger_;
  std::optional<activities::Stages> stages_;
  std::optional<activities::Poller> poller_;
  std::optional<activities::StreamCollector> streams_;
  std::optional<activities::FileReader> files_;
  std::optional<activities::WebhookParser> webhooks_;
  temporal::workflow::Registry workflows_;
  temporal::activity::Registry activities_;
  std::unique_ptr<temporal::Connection> connection_;
  std::unique_ptr<temporal::workflow::Host> host_;
  std::unique_ptr<temporal::Worker> worker_;
};

}  // namespace gantry::testing
