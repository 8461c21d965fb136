// SPDX-License-Identifier: MIT
#include "mcp_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace llm {
namespace {

using Fate = mcp::Reply::Fate;

constexpr std::size_t longest_line = std::size_t{1024} * 1024;   // bytes, of an answer
constexpr std::size_t most_outgoing = std::size_t{1024} * 1024;  // bytes that it has not read
constexpr std::size_t longest_note = 500;                        // bytes
constexpr int most_notes = 500;                                  // lines, in a minute
constexpr int most_reads = 16;                                   // before we look up again
constexpr Ms between_looks{20};  // where the kernel cannot tell that a program has ended
constexpr Ms patience{1000};     // with one that is to end, before it is told so in a harder way
constexpr Ms a_minute{60'000};

using Clock = std::chrono::steady_clock;

enum class Left { open, closed };

// What there is by now, up to a limit.
Left read_some(const Fd& from, std::string& into) {
  std::array<char, 16384> some{};
  for (int turn = 0; turn < most_reads; ++turn) {
    const ssize_t n = ::read(from.get(), some.data(), some.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Left::open;
    if (n <= 0) return Left::closed;
    into.append(some.data(), static_cast<std::size_t>(n));
  }
  return Left::open;
}

// Takes the first line off, if there is a whole one.
bool take_line(std::string& text, std::string& line) {
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return false;
  line = text.substr(0, end);
  text.erase(0, end + 1);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return true;
}

bool ends_within(const Program& program, Ms limit) {
  const auto until = Clock::now() + limit;
  while (!has_ended(program.pid)) {
    const auto left = std::chrono::ceil<Ms>(until - Clock::now());
    if (left.count() <= 0) return false;
    pollfd one{program.process.get(), POLLIN, 0};
    ::poll(&one, 1, static_cast<int>((program.process.is_open() ? left : between_looks).count()));
  }
  return true;
}

std::string end_of(int status) {
  if (WIFEXITED(status))
    return "The server has ended, with exit code " + std::to_string(WEXITSTATUS(status)) + ".";
  return "The server was killed by signal " + std::to_string(WTERMSIG(status)) + ".";
}

}  // namespace

// From its start to its end.
struct McpProcess::Life {
  const unsigned number;
  Program program;
  std::string outgoing = {}, incoming = {}, errors = {};
  bool is_silent = false;  // it has closed its output
  std::string fault = {};  // why it has to end
  int notes = 0;           // in this minute
  Clock::time_point minute = {};

  bool is_well() const { return fault.empty() && !is_silent; }
};

McpProcess::McpProcess(House& house, const McpSettings& settings, Ears ears)
    : house_(house),
      settings_(settings),
      ears_(std::move(ears)),
      wakeful_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void McpProcess::begin_anew() {
  std::map<int, Awaited> lost;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (over_) return;
    ++wanted_;
    alive_ = true;
    outgoing_.clear();
    lost.swap(awaited_);
    if (!thread_.joinable()) thread_ = std::thread([this] { serve(); });
  }
  wake();
  for (const auto& [id, awaited] : lost)
    tell(awaited.heard, {Fate::lost, "The server was started again."});
}

bool McpProcess::send(const mcp::Letter& letter, Ms limit, const vap::speech*, Heard heard) {
  std::string why;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!alive_) {
      why = "The server is not there.";
    } else if (outgoing_.size() + letter.text.size() > most_outgoing) {
      why = "The server does not read what it is sent.";
    } else {
      outgoing_ += letter.text + '\n';
      if (letter.id != 0) awaited_[letter.id] = {std::move(heard), Clock::now() + limit};
    }
  }
  wake();
  if (!why.empty()) {
    heard({Fate::unsent, why});
  } else if (letter.id == 0) {
    heard({});
  }
  return true;
}

void McpProcess::cancel(int id) {
  Heard heard;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = awaited_.find(id);
    if (found == awaited_.end()) return;
    heard = std::move(found->second.heard);
    awaited_.erase(found);
  }
  tell(heard, {Fate::cancelled, "It was stopped."});
}

void McpProcess::end() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    over_ = true;
    alive_ = false;
  }
  wake();
  if (thread_.joinable()) thread_.join();
}

void McpProcess::tell(const Heard& heard, const mcp::Reply& reply) {
  if (house_.call_later(Ms(0), [heard, reply] { heard(reply); }) == 0) heard(reply);
}

void McpProcess::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeful_.get(), &one, sizeof one);
}

// --- the thread

unsigned McpProcess::wanted() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return over_ ? 0 : wanted_;
}

void McpProcess::serve() {
  unsigned lived = 0;
  while (const unsigned next = wanted()) {
    if (next != lived) {
      live(lived = next);
    } else {
      pollfd one{wakeful_.get(), POLLIN, 0};
      ::poll(&one, 1, -1);
      std::uint64_t unused = 0;
      [[maybe_unused]] const ssize_t n = ::read(wakeful_.get(), &unused, sizeof unused);
    }
  }
}

void McpProcess::live(unsigned number) {
  Life life{number, start_program(settings_.command)};
  if (life.program.pid == 0)
    return close(life,
                 "The server cannot be started (" + std::to_string(life.program.error) + ").");
  while (life.is_well() && wanted() == number && !has_ended(life.program.pid)) move(life);
  read_lines(life);  // its last words
  const std::string end = let_end(life);
  read_errors(life);
  if (!life.errors.empty()) note(life, life.errors);
  close(life, life.fault.empty() ? end : life.fault);
}

// What can be moved, now or as soon as there is something.
void McpProcess::move(Life& life) {
  int wait = tell_late();
  write(life);
  Program& program = life.program;
  if (!program.process.is_open())
    wait = wait < 0 ? static_cast<int>(between_looks.count())
                    : std::min(wait, static_cast<int>(between_looks.count()));
  std::array<pollfd, 5> all{{{wakeful_.get(), POLLIN, 0},
                             {program.process.get(), POLLIN, 0},
                             {life.outgoing.empty() ? -1 : program.in.get(), POLLOUT, 0},
                             {program.out.get(), POLLIN, 0},
                             {program.err.get(), POLLIN, 0}}};
  if (::poll(all.data(), all.size(), wait) <= 0) return;
  std::uint64_t unused = 0;
  [[maybe_unused]] const ssize_t n = ::read(wakeful_.get(), &unused, sizeof unused);
  if (all[4].revents != 0) read_errors(life);
  if (all[3].revents != 0) read_lines(life);
}

int McpProcess::tell_late() {
  std::vector<Heard> late;
  auto next = Clock::time_point::max();
  const auto now = Clock::now();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto at = awaited_.begin(); at != awaited_.end();) {
      if (at->second.until > now) {
        next = std::min(next, at->second.until);
        ++at;
      } else {
        late.push_back(std::move(at->second.heard));
        at = awaited_.erase(at);
      }
    }
  }
  for (const Heard& heard : late) tell(heard, {Fate::late, "The server took too long."});
  if (next == Clock::time_point::max()) return -1;
  return static_cast<int>(std::chrono::ceil<Ms>(next - now).count());
}

void McpProcess::write(Life& life) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (life.number != wanted_) return;
    if (life.outgoing.empty()) life.outgoing.swap(outgoing_);
  }
  if (life.outgoing.empty()) return;
  // A host ignores SIGPIPE: it serves sockets.
  const ssize_t n = ::write(life.program.in.get(), life.outgoing.data(), life.outgoing.size());
  if (n > 0) life.outgoing.erase(0, static_cast<std::size_t>(n));
  if (n < 0 && errno != EAGAIN && errno != EINTR) life.fault = "The server has closed its input.";
}

void McpProcess::read_lines(Life& life) {
  if (read_some(life.program.out, life.incoming) == Left::closed) life.is_silent = true;
  std::string line;
  while (take_line(life.incoming, line)) hear(life, line);
  if (life.incoming.size() > longest_line)
    life.fault = "The server has written a line of more than 1 MiB.";
}

void McpProcess::hear(Life& life, const std::string& line) {
  const nlohmann::json message = mcp::read_message(line);
  Heard heard;
  if (const std::optional<int> id = mcp::id_of_answer(message)) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (life.number != wanted_) return;
    const auto found = awaited_.find(*id);
    if (found == awaited_.end()) return;  // too late
    heard = std::move(found->second.heard);
    awaited_.erase(found);
  }
  if (heard) {
    tell(heard, mcp::read_answer(message));
  } else if (message.is_object() && message.contains("method")) {
    ears_.said(message);
  } else {
    note(life, line);  // there are programs that say there what belongs to standard error
  }
}

void McpProcess::read_errors(Life& life) {
  if (!life.program.err.is_open()) return;
  if (read_some(life.program.err, life.errors) == Left::closed) life.program.err.close();
  std::string line;
  while (take_line(life.errors, line)) note(life, line);
  if (life.errors.size() > longest_note) note(life, std::exchange(life.errors, {}));
}

void McpProcess::note(Life& life, const std::string& line) {
  const auto now = Clock::now();
  if (now - life.minute > a_minute) life.minute = now, life.notes = 0;
  if (++life.notes <= most_notes)
    house_.tell(settings_.name() + " says: " + line.substr(0, longest_note));
  if (life.notes == most_notes)
    house_.tell(settings_.name() + " says more, which is left out for a minute");
}

// It is asked, then told, then made to.
std::string McpProcess::let_end(Life& life) {
  life.program.in.close();
  if (!ends_within(life.program, patience)) {
    ::kill(-life.program.pid, SIGTERM);
    ends_within(life.program, patience);
  }
  return end_of(end_program(life.program.pid));
}

// Whoever waits for it hears that it is lost.
void McpProcess::close(const Life& life, const std::string& why) {
  std::map<int, Awaited> lost;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (over_ || life.number != wanted_) return;
    alive_ = false;
    lost.swap(awaited_);
  }
  ears_.gone(why);
  for (const auto& [id, awaited] : lost) tell(awaited.heard, {Fate::lost, why});
}

}  // namespace llm
