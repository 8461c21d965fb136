// SPDX-License-Identifier: MIT
#include "cli/house.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "cli/admin_door.h"
#include "cli/house_store.h"
#include "codec/address.h"
#include "flow/admin.h"
#include "flow/authorize.h"
#include "flow/certificate.h"
#include "flow/health.h"
#include "flow/reload.h"
#include "flow/webhook.h"
#include "machine/exit_guard.h"
#include "street/server.h"

namespace patchbay {
namespace {

constexpr std::size_t urgent_workers =
    8;  // cancels only: short, and never behind agents that block
constexpr Milliseconds last_grace{2'000};  // for plugins to let go after their turns were cancelled
constexpr Milliseconds last_reading{1'000};  // for a store that is just coming back
constexpr Milliseconds between_last_readings{50};
constexpr Seconds between_looks{1};  // at turns that may be stuck
constexpr int alone_in_memory =
    256 * 1024;  // bytes: a block of that size goes back when it is freed

// Left to itself, glibc raises that size with the first large block that is freed. Later ones then
// lie among small ones, which keep them: a flood of large bodies left 240 MiB behind for good.
void give_back_large_blocks() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, alone_in_memory);
#endif
}

Archive::Limits archive_limits(const Config& config) {
  Archive::Limits limits;
  if (config.duplicates != Duplicates::run) limits.window = config.replay_window;
  limits.keep = config.keep;
  limits.keep_after_end = config.keep_after_end;
  return limits;
}

// Where another host takes the next turn when this one is killed, nothing of the last one is kept
// back to save time.
Scribe::Limits limits_of_scribe(const HouseStore& store) {
  Scribe::Limits limits;
  if (store.holds) limits.gather = Milliseconds{0};
  return limits;
}

constexpr Seconds between_sweeps{30};  // of conversations that nobody uses any more

}  // namespace

// In the order of the floors; what stands lower dies first.
struct House::Rooms {
  Rooms(Wanted wanted, HouseStore kept, std::unique_ptr<Transfers> transfers,
        std::optional<Certificate::Pair> pair, Log& to)
      : config(wanted.settings.config),
        log(to),
        store(std::move(kept)),
        certificate(pair ? std::make_unique<Certificate>(*std::move(pair), metrics, log) : nullptr),
        workers(config.max_workers),
        requests({replies, metrics, timers, log}, std::move(transfers),
                 {.couriers = {.most = config.max_workers,
                               .most_of_one = std::max<std::size_t>(config.max_workers / 2, 1)}}),
        tool_calls({routes, replies, metrics, timers, urgent, log},
                   {.workers = config.max_workers, .urgent_workers = urgent_workers}),
        switchboard(
            {routes, replies, pins, turns, tasks, requests, tool_calls, metrics, timers, lane, log},
            std::move(wanted.settings)),
        reload({switchboard, lane, timers, turns, metrics, api, log, certificate.get()},
               std::move(wanted.config_file)),
        authorize(config, std::move(wanted.api_key), workers, log) {
    if (fleet) fleet->tell([this](const Hold& hold) { turns.give_way(hold); });
  }
  // No alarm, no job of the lane and no word of another host may find a room gone.
  ~Rooms() {
    if (fleet) fleet->stop();
    timers.stop();
    lane.close();
    while (!lane.idle_within(Seconds{60})) continue;
  }
  Rooms(const Rooms&) = delete;
  Rooms& operator=(const Rooms&) = delete;

  const ExitGuard exit_guard;
  const Config config;
  Log& log;

  Timers timers;
  HouseStore store;
  std::unique_ptr<Fleet> fleet =  // null where no other host writes in that store
      store.holds ? std::make_unique<Fleet>(*store.holds, log) : nullptr;
  Scribe scribe{*store.store, timers, log, limits_of_scribe(store)};
  Archive archive{*store.store, scribe, archive_limits(config), log, fleet.get()};

  Replies replies;
  Conversations conversations;
  Metrics metrics;
  const std::unique_ptr<Certificate> certificate;  // null where TLS is ended in front of the host
  Routes routes;
  Pins pins;

  Workers urgent{urgent_workers};
  Workers workers;

  Turns turns{{replies, conversations, archive, metrics, timers, workers, urgent, log},
              config.max_turns,
              {config.duplicates,
               {.window = config.replay_window, .bytes = config.replay_memory},
               config.max_workers,
               urgent_workers}};
  Tasks tasks{timers, workers};
  Requests requests;
  ToolCalls tool_calls;
  HostApi api{replies, metrics, turns, tasks, requests, tool_calls, log, config.send_hangup};

  Lane lane;
  Switchboard switchboard;
  Reload reload;

  Webhook webhook{routes, pins, turns, log, config.replay_protection};
  Authorize authorize;
  const std::shared_ptr<Budget> bodies =
      std::make_shared<Budget>(std::max(config.max_bodies, config.http.body));
  Health health{routes, turns, metrics, scribe, archive, *bodies};
  Talks talks{*store.store, scribe, archive, log,
              [this](const std::string& name) { turns.forget(name); }};
  Admin admin{reload, health, talks, log};
  std::unique_ptr<Server> server;
  std::atomic<bool> reading_again = false;
  std::unique_ptr<Server> admin_door;  // null where there is none
  std::unique_ptr<Watch> watch;        // null where the configuration wants none

  void open_watch();
  std::vector<Endpoint> endpoints();
  Problem open_street();
  Problem open_doors();
  void sweep();
  void read_again();
  void look_after_turns();
  bool take_down_plugins();
  void read_at_last();
  void write_down_what_is_left();
};

// A host that cannot watch serves all the same.
void House::Rooms::open_watch() {
  if (!config.watch) return;
  Result<std::unique_ptr<Watch>> started = Watch::start(
      {}, [this](const std::filesystem::path& file) { reload.look_at(file); }, log);
  if (!started)
    return log.warn("changes of files are not noticed",
                    {{"why", started.error().text()}, {"next", "patchbay load takes them"}});
  watch = *std::move(started);
  reload.use(*watch);
}

std::vector<Endpoint> House::Rooms::endpoints() {
  constexpr std::string_view agents = "/agents/";
  std::vector<Endpoint> all{
      {"POST", "/api/agent", [this](Exchange&& e) { webhook.serve({}, std::move(e)); },
       [this](const Head& head) { return webhook.refusal({}, head); }, true},
      {"POST", "/agents/*",
       [this, agents](Exchange&& e) {
         const std::string name = e.request.path.substr(agents.size());
         webhook.serve(name, std::move(e));
       },
       [this, agents](const Head& head) {
         return webhook.refusal(head.path.substr(agents.size()), head);
       },
       true},
      {"GET", "/health", [this](Exchange&& e) { health.live(std::move(e)); }},
      {"GET", "/livez", [this](Exchange&& e) { health.live(std::move(e)); }},
      {"GET", "/readyz", [this](Exchange&& e) { health.ready(std::move(e)); }},
  };
  if (config.metrics)
    all.push_back({"GET", "/metrics", [this](Exchange&& e) { health.numbers(std::move(e)); }});
  if (config.authorize) {
    all.push_back({"POST", "/api/authorize",
                   [this](Exchange&& e) { authorize.serve(std::move(e)); },
                   [this](const Head& head) { return authorize.refusal(head); }});
    all.push_back(
        {"OPTIONS", "/api/authorize", [this](Exchange&& e) { authorize.preflight(std::move(e)); }});
  }
  return all;
}

Problem House::Rooms::open_street() {
  Result<Address> address = parse_address(config.listen);
  if (!address) return std::move(address).error();
  Server::Options options;
  options.address = *std::move(address);
  options.reactors =
      config.reactors > 0 ? config.reactors : std::max(1U, std::thread::hardware_concurrency());
  options.http = config.http;
  options.max_connections = config.max_connections;
  options.bodies = bodies;
  options.stream_buffer = config.stream_buffer;
  options.request_timeout = config.request_timeout;
  options.idle_timeout = config.idle_timeout;
  if (certificate) options.tls = certificate->identity();
  Result<std::unique_ptr<Server>> opened = Server::open(options, endpoints(), log);
  if (!opened) return std::move(opened).error();
  server = *std::move(opened);
  return std::nullopt;
}

Problem House::Rooms::open_doors() {
  Result<std::unique_ptr<Server>> door =
      open_admin_door(config, surroundings(), server->port(), admin, log);
  if (!door) return std::move(door).error();
  admin_door = *std::move(door);
  return server->run();
}

// On a thread that may wait for the store; one at a time.
void House::Rooms::read_again() {
  if (reading_again.exchange(true)) return;
  workers.post([this] {
    archive.read_again();
    reading_again = false;
  });
}

void House::Rooms::sweep() {
  archive.tidy(Clock::now());
  read_again();
  pins.sweep(Clock::now());
  timers.at(Clock::now() + between_sweeps, [this] { sweep(); });
}

void House::Rooms::look_after_turns() {
  turns.look_after(Clock::now());
  requests.look_after(Clock::now());
  tool_calls.look_after(Clock::now());
  if (!archive.is_readable()) read_again();
  timers.at(Clock::now() + between_looks, [this] { look_after_turns(); });
}

// Ends what agents have running, destroys them and unmaps their code. False where some did not let
// go: then nothing was destroyed.
bool House::Rooms::take_down_plugins() {
  watch.reset();
  lane.close();
  const bool idle = lane.idle_within(last_grace);
  reload.dismiss();
  // From here nothing may look at the versions: they go one by one.
  if (admin_door) admin_door->stop();
  if (!idle) {
    log.warn("a plugin does not come back from being loaded or destroyed");
    return false;
  }
  routes.publish(std::make_shared<RouteTable>());
  const std::vector<VersionPtr> versions = switchboard.loaded();
  for (const VersionPtr& version : versions) pins.release_all_of(*version->generation);
  tasks.hurry();
  requests.close();
  tool_calls.close();
  const Moment until = Clock::now() + last_grace;
  bool all_back = true;
  for (const VersionPtr& version : versions) {
    const auto left = std::chrono::duration_cast<Milliseconds>(until - Clock::now());
    if (version->generation->unused_within(std::max(left, Milliseconds{0}))) continue;
    all_back = false;
    log.warn("a plugin did not let go of its turns",
             {{"plugin", version->plugin_id}, {"leases", version->generation->leases()}});
  }
  if (!all_back || !workers.idle_within(last_grace) || !requests.idle_within(last_grace) ||
      !tool_calls.idle_within(last_grace))
    return false;
  for (const VersionPtr& version : versions) {
    if (version->state == VersionState::mapped) continue;
    if (version->generation->retire() == Generation::Retired::unmapped) continue;
    log.debug("a plugin stays mapped", {{"plugin", version->plugin_id}});
  }
  return true;
}

// There is no later: a store that was away a moment ago is asked all the same, and not only once,
// since one behind links is left alone for half a second after each failure.
void House::Rooms::read_at_last() {
  const Moment until = Clock::now() + last_reading;
  for (;;) {
    archive.read_again(true);
    const bool is_over = archive.waiting() == 0 || archive.is_readable() || Clock::now() >= until;
    if (is_over) return;
    std::this_thread::sleep_for(between_last_readings);
  }
}

void House::Rooms::write_down_what_is_left() {
  read_at_last();
  const bool all_written = scribe.flush(last_grace);
  const std::size_t never_entered = archive.waiting();
  if (all_written && never_entered == 0) return;
  const Scribe::Standing standing = scribe.standing();
  const Problem why = never_entered > 0 ? archive.last_error() : standing.last_error;
  log.error("conversations are lost", {{"writes", standing.waiting + never_entered},
                                       {"why", why ? why->text() : "the store took too long"}});
}

House::House(std::unique_ptr<Rooms> rooms) : rooms_(std::move(rooms)) {}
House::~House() = default;

Result<std::unique_ptr<House>> House::open(Wanted wanted, Log& log) {
  give_back_large_blocks();
  Result<HouseStore> store = open_house_store(wanted.settings.config);
  if (!store) return std::move(store).error();
  // A file that is not whole stays so until somebody mends it; a server comes back by itself, and
  // until then calls are to be answered.
  const Problem dark = store->store->look();
  if (dark && store->alone) return *dark;
  Result<std::unique_ptr<Transfers>> transfers =
      Transfers::start({wanted.settings.config.http_ca_file, wanted.settings.config.http_proxy});
  if (!transfers) return std::move(transfers).error();
  std::optional<Certificate::Pair> pair;
  if (const TlsFiles& files = wanted.settings.config.tls; !files.certificate.empty()) {
    Result<Certificate::Pair> read = Certificate::read(files);
    if (!read) return std::move(read).error();
    pair = *std::move(read);
  }
  auto rooms = std::make_unique<Rooms>(std::move(wanted), *std::move(store), *std::move(transfers),
                                       std::move(pair), log);
  rooms->archive.tell(dark);
  // An address that is taken is no reason to make agents first.
  if (Problem taken = rooms->open_street()) return *std::move(taken);
  rooms->open_watch();
  Problem wrong = rooms->reload.open();
  if (!wrong) wrong = rooms->open_doors();
  if (wrong) {
    rooms->take_down_plugins();
    return *std::move(wrong);
  }
  rooms->sweep();
  log.info("conversations are kept", {{"in", rooms->store.text}});
  rooms->look_after_turns();
  return std::unique_ptr<House>(new House(std::move(rooms)));
}

std::string House::address() const {
  return rooms_->server->address();
}

std::string House::scheme() const {
  return rooms_->certificate ? "https://" : "http://";
}

std::vector<std::string> House::agents() const {
  return rooms_->switchboard.served();
}

std::string House::default_agent() const {
  return rooms_->switchboard.default_agent();
}

Steward& House::steward() {
  return rooms_->reload;
}

bool House::close() {
  Rooms& rooms = *rooms_;
  rooms.reload.stop();
  rooms.health.set_draining(true);
  rooms.turns.close();
  rooms.server->drain();
  rooms.log.info("draining", {{"turns", rooms.turns.open()},
                              {"at_most_ms", rooms.config.drain_timeout.count()}});
  if (!rooms.turns.drain(rooms.config.drain_timeout)) {
    rooms.log.warn("turns cut off", {{"turns", rooms.turns.open()}});
    rooms.turns.cancel_all();
  }
  rooms.turns.write_account();
  const bool all_back = rooms.take_down_plugins();
  rooms.write_down_what_is_left();
  rooms.server->stop();
  return all_back;
}

}  // namespace patchbay
