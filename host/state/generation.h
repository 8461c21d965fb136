// SPDX-License-Identifier: MIT
// One loaded version of one plugin, with its agents and the leases on it: everything that dies
// together. Who serves which path is not its business.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/config.h"
#include "codec/manifest.h"
#include "ground/clock.h"
#include "ground/result.h"
#include "machine/candidate.h"
#include "machine/library.h"
#include "state/tool_list.h"
#include "state/track_record.h"
#include "vap/vap.h"

namespace patchbay {

class Generation;

// What a plugin says about its failure, as UTF-8: it may have forgotten the NUL, or written
// anything. Empty where it says nothing.
std::string words_of(const vap_error_t& error);
// The same; where it says nothing, that, with its status.
std::string words_of(const vap_error_t& error, vap_status_t status);

// One configured speaker. Lives exactly as long as its generation.
class Agent {
 public:
  // What a plugin's vap_host_t* really points to: the table, and whose it is. The table is its
  // first member, so that the one pointer is the other (work/host_api casts it back).
  struct Seat {
    vap_host_t table;
    Agent* agent;
    void* api;
  };

  Agent(Generation& generation, AgentConfig config, const vap_host_t& table, void* api);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  [[nodiscard]] const std::string& name() const { return config_.name; }
  [[nodiscard]] const std::string& label() const { return label_; }  // as metrics name it
  [[nodiscard]] const AgentConfig& config() const { return config_; }
  [[nodiscard]] Generation& generation() const { return generation_; }

  // The plugin's own code runs in these; none of our locks is held. [turn]
  vap_status_t on_turn(const vap_turn_t& turn, vap_reply_t reply, vap_error_t& why);
  void on_cancel(vap_reply_t reply, vap_cancel_t reason);
  [[nodiscard]] bool wants_cancels() const { return cancel_ != nullptr; }

  // The functions that it offers to others: the same from its first turn on. [any]
  [[nodiscard]] const std::vector<ToolFacts>& tools() const { return offered_.tools; }
  // Of an agent that offers some; as on_turn. [turn]
  vap_status_t call_tool(const vap_tool_call_t& call, vap_error_t& why);
  void cancel_tool(std::uint64_t id, vap_cancel_t reason);

  // vap.handover/1: what it knows and its successor should; nothing where it does not offer that.
  // Turns may be running. [control]
  Result<std::optional<std::string>> save();
  // Before its first turn. Where it does not offer that, what was saved is lost: no Problem.
  // [control]
  [[nodiscard]] Problem load(std::string_view from_version, std::string_view saved);

  // May its code run? What it posts to the host while it is being made waits until it is ready.
  enum class Phase { creating, ready, gone };
  [[nodiscard]] Phase phase() const { return phase_.load(); }

 private:
  friend class Generation;
  [[nodiscard]] Problem create();
  [[nodiscard]] Problem self_test();
  [[nodiscard]] Problem list_tools();
  void destroy();

  Generation& generation_;
  const AgentConfig config_;
  const std::string label_;
  Seat seat_;
  vap_agent_t* made_ = nullptr;  // the plugin's own object; null until create() and after destroy()
  const vap_ext_cancel_t* cancel_ = nullptr;
  ToolList offered_;
  std::atomic<Phase> phase_ = Phase::creating;
};

// A counted hold on a generation: one for each running turn, unended reply, posted task and open
// request. While one is out, nothing of the generation is destroyed. Moves; a copy would be a
// second hold.
class Lease {
 public:
  // For an agent that serves: it cannot be closed while the caller looks at it.
  explicit Lease(Agent& agent);
  // For whoever cannot know that. Nothing where its generation was closed. [any]
  static std::optional<Lease> on(Agent& agent);
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

  [[nodiscard]] Agent& agent() const { return *agent_; }
  [[nodiscard]] Lease again() const { return Lease(*agent_); }

 private:
  struct Counted {};
  Lease(Agent& agent, Counted) : agent_(&agent) {}

  Agent* agent_;  // null after a move
};

class Generation {
 public:
  // Maps the candidate. Its manifest must come from an examination of that very copy. [control]
  static Result<std::unique_ptr<Generation>> load(const Candidate& candidate, Manifest manifest);
  ~Generation();  // retire(), where nobody did
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  // Creates one agent and lets it test itself. The Error tells in the plugin's own words. `table`
  // and `api` become the agent's host. [control]
  Result<Agent*> make_agent(const AgentConfig& config, const vap_host_t& table, void* api);

  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  [[nodiscard]] const std::string& digest() const { return digest_; }
  [[nodiscard]] const std::string& file() const { return file_; }

  // Its turns, as they end: Turns notes them, whoever put it to serve watches them.
  [[nodiscard]] TrackRecord& record() { return record_; }
  [[nodiscard]] const TrackRecord& record() const { return record_; }

  [[nodiscard]] std::size_t leases() const;
  // True where no lease is out within that time. [control]
  bool unused_within(Milliseconds most);
  // Calls `then` when no lease is out: at once, or on the thread that gives back the last one. It
  // is called under our lock, so it may only post. Replaces an earlier wish. [any]
  void when_unused(std::function<void()> then);
  // It is to come to its end: what it has posted runs, and it posts nothing further. [any]
  void wind_down() { winding_down_ = true; }
  [[nodiscard]] bool winds_down() const { return winding_down_; }
  // From here nobody gets a lease any more. False, and nothing changed, where one is out. [control]
  bool close();

  enum class Retired {
    unmapped,   // destroyed and gone
    mapped,     // destroyed, but the library stays in memory
    abandoned,  // a lease is still out: plugin code may be running, so nothing was touched. The
                // generation must outlive that code: end the process, or keep the object
  };
  // Destroys the agents and unmaps the library, if no lease is out. [control]
  Retired retire();
  // After Retired::mapped: has the library gone since? The loader lets some go late. [control]
  [[nodiscard]] bool is_mapped(const Mappings& mappings) const;

 private:
  friend class Agent;
  friend class Lease;
  Generation(Library library, const Candidate& candidate, Manifest manifest);

  Library library_;
  const Manifest manifest_;
  const std::string digest_;
  const std::string file_;
  std::vector<std::unique_ptr<Agent>>
      agents_;            // also those that could not be made: tasks may name them. [control]
  bool retired_ = false;  // [control]

  TrackRecord record_;
  std::atomic<bool> winding_down_ = false;

  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable unused_;
  std::function<void()> then_;  // see when_unused(); none where nobody asked
  std::size_t leases_ = 0;
  bool closed_ = false;
};

}  // namespace patchbay
