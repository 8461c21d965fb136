// SPDX-License-Identifier: MIT
#include "machine/transfers.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "machine/descriptor.h"

namespace patchbay {
namespace {

constexpr long kept_connections = 512;
constexpr std::size_t events_at_once = 256;
constexpr Milliseconds longest_sleep{60'000};

Error system_error(const char* what) {
  return {"http_failed", fmt::format("{}: {}", what, std::generic_category().message(errno)), ""};
}

}  // namespace

// What the thread owns, and how others reach it.
struct Transfers::Thread {
  explicit Thread(TransferSettings s) : settings(std::move(s)) {}
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  struct Running {
    Id id;
    std::unique_ptr<Transfer> transfer;
    Moment look;  // when it may be late: its place in `looks`
  };
  struct Command {
    enum class Kind : std::uint8_t { begin, cut, go_on } kind;
    Id id;
    std::unique_ptr<Transfer> transfer = {};  // of begin
  };

  Problem open();
  void tell(Command command);
  void run();
  void obey();
  void begin(Id id, std::unique_ptr<Transfer> transfer);
  bool hand_over(Running& its);
  void cut(Id id);
  void go_on(Id id);
  void sleep();
  void collect();
  void look_at_times();
  void leave(const Running& its);
  void look_at(Running& its);
  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*);
  static int on_timer(CURLM*, long ms, void* self);

  const TransferSettings settings;
  Descriptor epoll;
  Descriptor bell;  // rings when there are commands

  // Of the thread alone.
  CURLM* multi = nullptr;
  std::optional<Moment> curl_timer;
  std::unordered_map<Id, Running> running;  // libcurl's handles know their places in it
  std::set<std::pair<Moment, Id>> looks;

  std::mutex mutex;  // guards the two below
  std::vector<Command> commands;
  bool stopping = false;

  std::thread thread;
};

Problem Transfers::Thread::open() {
  if (!settings.ca_file.empty() && ::access(settings.ca_file.c_str(), R_OK) != 0)
    return Error{"ca_file_unreadable",
                 fmt::format("http.ca_file: {}: {}", settings.ca_file,
                             std::generic_category().message(errno)),
                 "it is a file of certificates in PEM"};
  curl_global_init(CURL_GLOBAL_DEFAULT);
  multi = curl_multi_init();
  epoll = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  bell = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (multi == nullptr || !epoll || !bell) return system_error("no HTTP client");
  epoll_event rings{.events = EPOLLIN, .data = {.fd = bell.get()}};
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, bell.get(), &rings) != 0)
    return system_error("no HTTP client");
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kept_connections);
  try {
    thread = std::thread([this] { run(); });
  } catch (const std::system_error& wrong) {
    return Error{"http_failed", fmt::format("no thread for HTTP: {}", wrong.what()), ""};
  }
  return std::nullopt;
}

Transfers::Thread::~Thread() {
  if (thread.joinable()) {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    ::eventfd_write(bell.get(), 1);
    thread.join();
  }
  curl_multi_cleanup(multi);
}

void Transfers::Thread::tell(Command command) {
  bool first = false;
  {
    const std::lock_guard lock(mutex);
    first = commands.empty();
    commands.push_back(std::move(command));
  }
  if (first) ::eventfd_write(bell.get(), 1);
}

void Transfers::Thread::run() {
  ::pthread_setname_np(::pthread_self(), "transfers");
  for (;;) {
    obey();
    {
      const std::lock_guard lock(mutex);
      if (stopping && commands.empty()) break;
    }
    sleep();
    collect();
    look_at_times();
  }
  while (!running.empty()) cut(running.begin()->first);
}

void Transfers::Thread::obey() {
  std::vector<Command> orders;
  {
    const std::lock_guard lock(mutex);
    orders.swap(commands);
  }
  for (Command& order : orders) {
    switch (order.kind) {
      case Command::Kind::begin:
        begin(order.id, std::move(order.transfer));
        break;
      case Command::Kind::cut:
        cut(order.id);
        break;
      case Command::Kind::go_on:
        go_on(order.id);
        break;
    }
  }
}

void Transfers::Thread::begin(Id id, std::unique_ptr<Transfer> transfer) {
  Running& its = running[id];
  its.id = id;
  its.transfer = std::move(transfer);
  if (!hand_over(its)) return leave(its);
  look_at(its);
}

// False: it is over already, and its listener knows.
bool Transfers::Thread::hand_over(Running& its) {
  const Result<void*> easy = its.transfer->prepare(settings);
  if (easy) curl_easy_setopt(*easy, CURLOPT_PRIVATE, &its);
  if (easy && curl_multi_add_handle(multi, *easy) == CURLM_OK) return true;
  its.transfer->refuse(
      easy ? Error{"http_failed", "libcurl takes no further request", ""} : easy.error(),
      Clock::now());
  return false;
}

void Transfers::Thread::look_at(Running& its) {
  looks.erase({its.look, its.id});
  its.look = its.transfer->next_look();
  looks.emplace(its.look, its.id);
}

void Transfers::Thread::leave(const Running& its) {
  curl_multi_remove_handle(multi, its.transfer->handle());
  looks.erase({its.look, its.id});
  running.erase(running.find(its.id));
}

void Transfers::Thread::cut(Id id) {
  const auto found = running.find(id);
  if (found == running.end()) return;
  found->second.transfer->cut(Clock::now());
  leave(found->second);
}

void Transfers::Thread::go_on(Id id) {
  const auto found = running.find(id);
  if (found == running.end() || !found->second.transfer->go_on(Clock::now())) return;
  look_at(found->second);
}

// Until something comes, or is due.
void Transfers::Thread::sleep() {
  const Moment now = Clock::now();
  Moment until = now + longest_sleep;
  if (curl_timer) until = std::min(until, *curl_timer);
  if (!looks.empty()) until = std::min(until, looks.begin()->first);
  const auto ms = std::chrono::ceil<Milliseconds>(std::max(until - now, Clock::duration::zero()));
  std::array<epoll_event, events_at_once> events{};
  const int n = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()),
                             static_cast<int>(ms.count()));
  int still = 0;
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == bell.get()) {
      eventfd_t rung = 0;
      ::eventfd_read(bell.get(), &rung);
      continue;
    }
    int mask = 0;
    if ((event.events & EPOLLIN) != 0) mask |= CURL_CSELECT_IN;
    if ((event.events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) mask |= CURL_CSELECT_ERR;
    curl_multi_socket_action(multi, event.data.fd, mask, &still);
  }
  if (curl_timer && Clock::now() >= *curl_timer) {
    curl_timer.reset();
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &still);
  }
}

void Transfers::Thread::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;  // the message goes with the handle
    void* place = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &place);
    Running& its = *static_cast<Running*>(place);
    if (its.transfer->completed(code, Clock::now())) {
      curl_multi_remove_handle(multi, easy);
      if (hand_over(its)) {
        look_at(its);
        continue;
      }
    }
    leave(its);
  }
}

void Transfers::Thread::look_at_times() {
  const Moment now = Clock::now();
  while (!looks.empty() && looks.begin()->first <= now) {
    Running& its = running.at(looks.begin()->second);
    if (const auto timeout = its.transfer->late(now)) {
      its.transfer->give_up(*timeout, now);
      leave(its);
    } else {
      look_at(its);
    }
  }
}

int Transfers::Thread::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  const int epoll = static_cast<Thread*>(self)->epoll.get();
  // A socket that never connected is closed before we are told (libcurl 7.88, cf_socket_close): its
  // number may be another thread's by now, which this epoll does not know, so nothing happens.
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
    return 0;
  }
  epoll_event wanted{.events = 0, .data = {.fd = fd}};
  if ((what & CURL_POLL_IN) != 0) wanted.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) wanted.events |= EPOLLOUT;
  if (::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &wanted) != 0 && errno == ENOENT)
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted);
  return 0;
}

int Transfers::Thread::on_timer(CURLM*, long ms, void* self) {
  std::optional<Moment>& timer = static_cast<Thread*>(self)->curl_timer;
  timer.reset();
  if (ms >= 0) timer = Clock::now() + Milliseconds{ms};
  return 0;
}

Transfers::Transfers(std::unique_ptr<Thread> thread) : thread_(std::move(thread)) {}
Transfers::~Transfers() = default;

Result<std::unique_ptr<Transfers>> Transfers::start(TransferSettings settings) {
  auto thread = std::make_unique<Thread>(std::move(settings));
  if (Problem wrong = thread->open()) return *std::move(wrong);
  return std::unique_ptr<Transfers>(new Transfers(std::move(thread)));
}

void Transfers::begin(Id id, TransferOrder order, std::shared_ptr<TransferListener> listener) {
  thread_->tell({Thread::Command::Kind::begin, id,
                 std::make_unique<Transfer>(std::move(order), std::move(listener), Clock::now())});
}

void Transfers::cut(Id id) {
  thread_->tell({Thread::Command::Kind::cut, id});
}

void Transfers::go_on(Id id) {
  thread_->tell({Thread::Command::Kind::go_on, id});
}

}  // namespace patchbay
