// SPDX-License-Identifier: MIT
#include "mcp.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "mcp_http.h"
#include "mcp_process.h"

namespace llm {
namespace {

using Fate = mcp::Reply::Fate;
using Json = nlohmann::json;

constexpr Ms first_pause{1000}, longest_pause{60'000};
constexpr Ms long_enough{60'000};      // it was there: the next pause is the first again
constexpr Ms longest_start{60'000};    // of one step; a program may have to be fetched first
constexpr Ms usual_freshness{60'000};  // of a list that does not say how long it holds
constexpr Ms least_freshness{1000};
constexpr std::size_t most_tools = 128;
constexpr int most_pages = 100;
constexpr std::size_t most_left_out = 1000;  // of which it is said

}  // namespace

// One call, which may be sent a second time where the first did not count.
struct Mcp::Job {
  int id;
  const Tool& tool;
  const Json arguments;
  const vap::speech* of;
  McpLink::Heard heard;
  Clock::time_point until;
  int meeting = 0;  // in which it was sent
  bool is_again = false;
};

struct Mcp::Listing {
  int meeting;
  std::string version;
  Tools tools = {};
  std::string cursor = {};
  int pages = 0;
  Ms fresh_for = usual_freshness;
};

Mcp::Mcp(House& house, McpSettings settings, std::function<void()> changed)
    : house_(house),
      settings_(std::move(settings)),
      changed_(std::move(changed)),
      link_(make_link({[this](const Json& message) { hear_said(message); },
                       [this](const std::string& why) { hear_gone(why); }})) {}

std::unique_ptr<McpLink> Mcp::make_link(McpLink::Ears ears) {
  if (settings_.is_command())
    return std::make_unique<McpProcess>(house_, settings_, std::move(ears));
  return std::make_unique<McpHttp>(house_, settings_, std::move(ears));
}

int Mcp::next_id() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return ++last_id_;
}

std::string Mcp::version() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return version_;
}

// --- getting to know it

void Mcp::start() {
  // A program is not started for an agent that is only tried out.
  if (settings_.is_command()) {
    house_.call_later(Ms(0), [this] { connect(); });
    return;
  }
  if (connect()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  throw std::invalid_argument(settings_.key + ": " + problem_);
}

bool Mcp::connect() {
  bool has_handshake = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (std::exchange(connecting_, true)) return true;
    ready_ = false;
    ++meeting_;
    version_.clear();
    has_handshake = has_handshake_;
  }
  link_->begin_anew();
  if (has_handshake) return greet(mcp::initialize(next_id()), &Mcp::hear_initialized);
  return greet(mcp::discover(next_id()), &Mcp::hear_discovered);
}

bool Mcp::greet(const mcp::Letter& letter, void (Mcp::*hear)(const mcp::Reply&)) {
  return link_->send(letter, longest_start, nullptr,
                     [this, hear](const mcp::Reply& reply) { (this->*hear)(reply); });
}

// A server that does not know what it was asked may say so in any words, or in none.
void Mcp::hear_discovered(const mcp::Reply& reply) {
  if (reply.fate == Fate::unsent || reply.fate == Fate::cancelled) return try_later(reply.error);
  const std::optional<std::string> version = mcp::version_in(reply);
  if (version == mcp::plain_version) return meet(*version, reply.result);
  if (version && version->empty())
    return try_later("The server speaks no version of the protocol that is known here.");
  shake_hands();
}

void Mcp::shake_hands() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    has_handshake_ = true;
  }
  greet(mcp::initialize(next_id()), &Mcp::hear_initialized);
}

void Mcp::hear_initialized(const mcp::Reply& reply) {
  std::string why = reply.error;
  const Json& named = reply.result.is_object() && reply.result.contains("protocolVersion")
                          ? reply.result["protocolVersion"]
                          : Json();
  const std::string version = named.is_string() ? named.get<std::string>() : "";
  if (why.empty() && !mcp::is_handshake_version(version))
    why = "The server speaks no version of the protocol that is known here.";
  if (!why.empty()) {
    // One that ends where it is asked anything else is begun with this the next time; else, who
    // knows what will stand there.
    if (reply.fate != Fate::unsent) {
      const std::lock_guard<std::mutex> lock(mutex_);
      has_handshake_ = false;
    }
    return try_later(why);
  }
  // Servers refuse what comes before it.
  link_->send(mcp::initialized(version), longest_start, nullptr,
              [this, version, greeting = reply.result](const mcp::Reply& sent) {
                if (!sent.ok()) return try_later(sent.error);
                meet(version, greeting);
              });
}

void Mcp::meet(const std::string& version, const Json& greeting) {
  const auto listing = std::make_shared<Listing>();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    version_ = listing->version = version;
    listing->meeting = meeting_;
    listing_ = true;
    stale_ = false;
    asked_ = Clock::now();
  }
  if (mcp::offers_tools(greeting)) return list(listing);
  house_.warn(settings_.name() + ": the server has no tools");
  take(*listing);
}

// Calls that wait for it cannot be made.
void Mcp::try_later(const std::string& why) {
  Ms pause{0};
  std::vector<std::shared_ptr<Job>> waiting;
  const bool is_news = has_news(why);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    connecting_ = listing_ = false;
    const bool was_there = met_ != Clock::time_point() && Clock::now() - met_ > long_enough;
    if (was_there) pause_ = first_pause;
    met_ = {};
    pause = pause_;
    pause_ = std::min(pause_ * 2, longest_pause);
    waiting.swap(waiting_);
  }
  if (is_news) house_.warn(settings_.name() + ": " + why + "; it is asked again later");
  house_.call_later(pause, [this] { connect(); });
  for (const auto& job : waiting) job->heard({Fate::unsent, "The server is not there: " + why});
}

// What goes on for hours is said once.
bool Mcp::has_news(const std::string& problem) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(problem_, problem) != problem;
}

void Mcp::hear_gone(const std::string& why) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!std::exchange(ready_, false)) return;  // who is getting to know it hears of it
  }
  try_later(why);
}

// A program that nothing reaches any more has to be started again.
bool Mcp::is_gone(const mcp::Reply& reply) const {
  return reply.fate == Fate::unsent && settings_.is_command();
}

void Mcp::hear_said(const Json& message) {
  const std::string version = this->version();
  if (message.contains("id")) {
    link_->send(mcp::answer_to(message, version), longest_start, nullptr, [](const auto&) {});
  } else if (message["method"] == "notifications/tools/list_changed") {
    ask_again();
  }
}

// --- its tools

Tools Mcp::tools() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return tools_;
}

void Mcp::freshen() {
  const auto listing = std::make_shared<Listing>();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto now = Clock::now();
    // A server that says again and again that it has changed is not asked all the time.
    const bool is_fresh = now < (stale_ ? asked_ + least_freshness : fresh_until_);
    if (!ready_ || listing_ || is_fresh) return;
    listing_ = true;
    asked_ = now;
    stale_ = false;
    listing->version = version_;
    listing->meeting = meeting_;
  }
  list(listing);
}

void Mcp::ask_again() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stale_ = true;
  }
  freshen();
}

void Mcp::list(const std::shared_ptr<Listing>& listing) {
  link_->send(mcp::list_tools(next_id(), listing->version, listing->cursor), longest_start, nullptr,
              [this, listing](const mcp::Reply& reply) { hear_page(listing, reply); });
}

void Mcp::hear_page(const std::shared_ptr<Listing>& listing, const mcp::Reply& reply) {
  if (!reply.ok()) return end_listing(*listing, reply);
  mcp::Page page = mcp::read_page(reply.result, settings_, listing->version);
  leave_out(page.refused);
  for (Tool& tool : page.tools) {
    tool.server = this;
    listing->tools.push_back(std::move(tool));
  }
  if (page.fresh_for) listing->fresh_for = std::max(*page.fresh_for, least_freshness);
  const bool is_last = page.next.empty() || page.next == listing->cursor ||
                       listing->tools.size() >= most_tools || ++listing->pages >= most_pages;
  listing->cursor = page.next;
  if (is_last) return take(*listing);
  list(listing);
}

// Lists are asked for again and again: it is said once.
void Mcp::leave_out(std::vector<std::string> refused) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (std::string& why : refused)
      if (left_out_.size() >= most_left_out || !left_out_.insert(why).second) why.clear();
  }
  for (const std::string& why : refused)
    if (!why.empty()) house_.warn(settings_.name() + ": a tool is left out: " + why);
}

void Mcp::take(Listing& listing) {
  std::vector<std::shared_ptr<Job>> waiting;
  const std::size_t count = listing.tools.size();
  bool is_new = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (listing.meeting != meeting_) return;  // it is met anew, and asked again
    tools_ = std::move(listing.tools);
    fresh_until_ = Clock::now() + listing.fresh_for;
    listing_ = false;
    is_new = std::exchange(connecting_, false);
    if (is_new) ready_ = true, met_ = Clock::now();
    problem_.clear();
    waiting.swap(waiting_);
  }
  changed_();
  if (is_new) house_.tell(settings_.name() + ": " + std::to_string(count) + " tools");
  for (const auto& job : waiting) send(job);
}

// It has not come. What was known before still holds.
void Mcp::end_listing(const Listing& listing, const mcp::Reply& reply) {
  bool was_meeting = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (listing.meeting != meeting_) return;
    listing_ = false;
    fresh_until_ = Clock::now() + usual_freshness;
    was_meeting = connecting_;
    if (!was_meeting && !ready_) return;
  }
  if (was_meeting) return try_later(reply.error);
  if (is_gone(reply)) return hear_gone(reply.error);
  if (reply.fate == Fate::forgotten) {
    connect();
  } else if (has_news(reply.error)) {
    house_.warn(settings_.name() + ": its list of tools is not to be had: " + reply.error);
  }
}

// --- calls

int Mcp::call(const Tool& tool, const Json& arguments, const vap::speech* of,
              McpLink::Heard heard) {
  const auto job = std::make_shared<Job>(
      Job{next_id(), tool, arguments, of, std::move(heard), Clock::now() + tool.timeout});
  go_on_with(job);
  return job->id;
}

// Sends it, or keeps it until the server can be asked.
void Mcp::go_on_with(const std::shared_ptr<Job>& job) {
  bool can_go = false, has_to_meet = false, has_to_wait = false;
  std::string why;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool was_forgotten = job->is_again && job->meeting == meeting_;
    can_go = ready_ && !was_forgotten;
    has_to_meet = ready_ && was_forgotten;
    has_to_wait = connecting_ || has_to_meet;
    if (has_to_wait) waiting_.push_back(job);
    why = problem_;
  }
  if (can_go) return send(job);
  if (!has_to_wait) return job->heard({Fate::unsent, "The server is not there: " + why});
  house_.call_later(left_of(*job), [this, id = job->id] {
    drop_waiting(id, {Fate::unsent, "The server was not there in time."});
  });
  if (has_to_meet) connect();
}

void Mcp::send(const std::shared_ptr<Job>& job) {
  std::string version;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    job->meeting = meeting_;
    version = version_;
  }
  link_->send(mcp::call_tool(job->id, version, job->tool, job->arguments), left_of(*job), job->of,
              [this, job, version](const mcp::Reply& reply) { hear_called(job, version, reply); });
}

void Mcp::hear_called(const std::shared_ptr<Job>& job, const std::string& version,
                      const mcp::Reply& reply) {
  if (reply.fate == Fate::forgotten && !std::exchange(job->is_again, true)) return go_on_with(job);
  const bool is_given_up = reply.fate == Fate::late || reply.fate == Fate::cancelled;
  if (is_given_up && link_->tells_of_cancelled(version))
    link_->send(mcp::cancelled(job->id, version), longest_start, nullptr, [](const auto&) {});
  if (is_gone(reply)) hear_gone(reply.error);
  // It does not know the tool any more, or wants other arguments.
  if (reply.fate == Fate::answered && !reply.ok() && reply.is_surely_undone()) ask_again();
  job->heard(reply);
}

void Mcp::cancel(int id) {
  if (!drop_waiting(id, {Fate::cancelled, "It was stopped."})) link_->cancel(id);
}

bool Mcp::drop_waiting(int id, const mcp::Reply& reply) {
  std::shared_ptr<Job> dropped;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [id](const auto& job) { return job->id == id; });
    if (found == waiting_.end()) return false;
    dropped = std::move(*found);
    waiting_.erase(found);
  }
  dropped->heard(reply);
  return true;
}

Ms Mcp::left_of(const Job& job) {
  return std::max(Ms(1), std::chrono::ceil<Ms>(job.until - Clock::now()));
}

}  // namespace llm
