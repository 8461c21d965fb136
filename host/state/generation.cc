// SPDX-License-Identifier: MIT
#include "state/generation.h"

#include <fmt/format.h>

#include <utility>

#include "ground/text.h"

namespace patchbay {
namespace {

vap_str_t str(std::string_view text) {
  return {text.data(), text.size()};
}

// What an old version hands to put(), in order. Bounded: it is the plugin's to fill.
constexpr std::size_t most_saved = std::size_t{64} * 1024 * 1024;  // bytes
struct Saved {
  std::string bytes;
  bool too_large = false;
};

void VAP_CALL put_saved(void* context, vap_str_t bytes) noexcept {
  Saved& saved = *static_cast<Saved*>(context);
  if (bytes.ptr == nullptr || saved.too_large) return;
  saved.too_large = bytes.len > most_saved - saved.bytes.size();
  if (!saved.too_large) saved.bytes.append(bytes.ptr, bytes.len);
}

}  // namespace

std::string words_of(const vap_error_t& error) {
  std::string words;
  append_utf8_repaired(words, {error.message, ::strnlen(error.message, sizeof error.message)});
  return words;
}

std::string words_of(const vap_error_t& error, vap_status_t status) {
  std::string words = words_of(error);
  return words.empty() ? fmt::format("it gives no reason (status {})", status) : words;
}

Agent::Agent(Generation& generation, AgentConfig config, const vap_host_t& table, void* api)
    : generation_(generation),
      config_(std::move(config)),
      label_(fmt::format(R"(agent="{}")", config_.name)),
      seat_{table, this, api} {}

Problem Agent::create() {
  const std::string route = "/agents/" + config_.name;
  const vap_config_t config{sizeof config, 0, str(config_.agent_id), str(route),
                            str(config_.config_json)};
  vap_error_t why{};
  const vap_status_t status =
      generation_.library_.plugin().create(&seat_.table, &config, &made_, &why);
  if (status < 0 || made_ == nullptr) {
    made_ = nullptr;
    return Error{
        "create_failed",
        status < 0
            ? fmt::format("agent {} could not be created: {}", config_.name, words_of(why, status))
            : fmt::format("agent {} could not be created: create() gave no agent", config_.name),
        fmt::format("see [agents.{}.config] and what the plugin's documents ask for",
                    config_.name)};
  }
  cancel_ = static_cast<const vap_ext_cancel_t*>(
      generation_.library_.plugin().get_extension(VAP_EXT_CANCEL));
  return std::nullopt;
}

Problem Agent::self_test() {
  const auto* test = static_cast<const vap_ext_selftest_t*>(
      generation_.library_.plugin().get_extension(VAP_EXT_SELFTEST));
  if (test == nullptr) return std::nullopt;
  vap_error_t why{};
  const vap_status_t status = test->run(made_, &why);
  if (status >= 0) return std::nullopt;
  return Error{
      "selftest_failed",
      fmt::format("agent {} failed its self-test: {}", config_.name, words_of(why, status)), ""};
}

Problem Agent::list_tools() {
  Result<ToolList> offered = ask_for_tools(generation_.library_.plugin(), made_);
  if (!offered)
    return Error{offered.error().code,
                 fmt::format("agent {}: {}", config_.name, offered.error().message),
                 offered.error().hint};
  offered_ = *std::move(offered);
  return std::nullopt;
}

Result<std::optional<std::string>> Agent::save() {
  const auto* handover = static_cast<const vap_ext_handover_t*>(
      generation_.library_.plugin().get_extension(VAP_EXT_HANDOVER));
  if (handover == nullptr) return std::optional<std::string>();
  Saved saved;
  const vap_status_t status = handover->save(made_, &saved, &put_saved);
  if (status < 0 || saved.too_large) {
    return Error{"handover_failed",
                 saved.too_large ? fmt::format("agent {} hands over more than {} bytes",
                                               config_.name, most_saved)
                                 : fmt::format("agent {} could not save what it knows (status {})",
                                               config_.name, status),
                 "the version that serves now stays"};
  }
  return std::optional(std::move(saved.bytes));
}

Problem Agent::load(std::string_view from_version, std::string_view saved) {
  const auto* handover = static_cast<const vap_ext_handover_t*>(
      generation_.library_.plugin().get_extension(VAP_EXT_HANDOVER));
  if (handover == nullptr) return std::nullopt;
  vap_error_t why{};
  const vap_status_t status = handover->load(made_, str(from_version), str(saved), &why);
  if (status >= 0) return std::nullopt;
  return Error{"handover_failed",
               fmt::format("agent {} could not take over from version {}: {}", config_.name,
                           from_version, words_of(why, status)),
               "the version that serves now stays"};
}

void Agent::destroy() {
  phase_ = Phase::gone;
  if (made_ != nullptr) generation_.library_.plugin().destroy(std::exchange(made_, nullptr));
}

vap_status_t Agent::on_turn(const vap_turn_t& turn, vap_reply_t reply, vap_error_t& why) {
  return generation_.library_.plugin().on_turn(made_, &turn, reply, &why);
}

void Agent::on_cancel(vap_reply_t reply, vap_cancel_t reason) {
  if (cancel_ != nullptr) cancel_->on_cancel(made_, reply, reason);
}

vap_status_t Agent::call_tool(const vap_tool_call_t& call, vap_error_t& why) {
  return offered_.table->call(made_, &call, &why);
}

void Agent::cancel_tool(std::uint64_t id, vap_cancel_t reason) {
  if (offered_.table->cancel != nullptr) offered_.table->cancel(made_, id, reason);
}

Lease::Lease(Agent& agent) : agent_(&agent) {
  Generation& held = agent.generation();
  const std::lock_guard lock(held.mutex_);
  ++held.leases_;
}

std::optional<Lease> Lease::on(Agent& agent) {
  Generation& held = agent.generation();
  const std::lock_guard lock(held.mutex_);
  if (held.closed_) return std::nullopt;
  ++held.leases_;
  return Lease(agent, Counted{});
}

Lease::Lease(Lease&& other) noexcept : agent_(std::exchange(other.agent_, nullptr)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  std::swap(agent_, other.agent_);
  return *this;
}

Lease::~Lease() {
  if (agent_ == nullptr) return;
  Generation& held = agent_->generation();
  // Told under the lock: whoever waits may end the generation as soon as the lock is free.
  const std::lock_guard lock(held.mutex_);
  if (--held.leases_ > 0) return;
  held.unused_.notify_all();
  if (held.then_) std::exchange(held.then_, {})();
}

Generation::Generation(Library library, const Candidate& candidate, Manifest manifest)
    : library_(std::move(library)),
      manifest_(std::move(manifest)),
      digest_(candidate.digest()),
      file_(candidate.file().string()) {}

Generation::~Generation() {
  if (!retired_) retire();
}

Result<std::unique_ptr<Generation>> Generation::load(const Candidate& candidate,
                                                     Manifest manifest) {
  Result<Library> library = Library::load(candidate);
  if (!library) return std::move(library).error();
  return std::unique_ptr<Generation>(
      new Generation(*std::move(library), candidate, std::move(manifest)));
}

Result<Agent*> Generation::make_agent(const AgentConfig& config, const vap_host_t& table,
                                      void* api) {
  Agent& agent = *agents_.emplace_back(std::make_unique<Agent>(*this, config, table, api));
  Problem wrong = agent.create();
  if (!wrong) wrong = agent.self_test();
  if (!wrong) wrong = agent.list_tools();
  if (wrong) {
    agent.destroy();
    return *std::move(wrong);
  }
  agent.phase_ = Agent::Phase::ready;
  return &agent;
}

std::size_t Generation::leases() const {
  const std::lock_guard lock(mutex_);
  return leases_;
}

bool Generation::unused_within(Milliseconds most) {
  std::unique_lock lock(mutex_);
  return unused_.wait_for(lock, most, [&] { return leases_ == 0; });
}

void Generation::when_unused(std::function<void()> then) {
  const std::lock_guard lock(mutex_);
  if (leases_ == 0) return then();
  then_ = std::move(then);
}

bool Generation::close() {
  const std::lock_guard lock(mutex_);
  if (leases_ == 0) closed_ = true;
  return closed_;
}

bool Generation::is_mapped(const Mappings& mappings) const {
  return library_.is_mapped(mappings);
}

Generation::Retired Generation::retire() {
  retired_ = true;
  if (!close()) {
    library_.keep_mapped();  // its code may be running this moment
    return Retired::abandoned;
  }
  for (const std::unique_ptr<Agent>& agent : agents_) agent->destroy();
  agents_.clear();
  if (!manifest_.unload) {
    library_.keep_mapped();
    return Retired::mapped;
  }
  return library_.unload() ? Retired::unmapped : Retired::mapped;
}

}  // namespace patchbay
