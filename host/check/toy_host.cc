// SPDX-License-Identifier: MIT
#include "check/toy_host.h"

#include <fmt/format.h>

#include <cstring>

#include "codec/json_text.h"

namespace patchbay {
namespace {

constexpr std::size_t longest_emit = 1024 * 1024;  // bytes: LIMITS of vap.h
constexpr std::size_t deepest_json = 64;

std::string_view view(vap_str_t text) {
  return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}

bool is_good(vap_str_t text) {
  return text.ptr != nullptr || text.len == 0;
}

// Two hosts must not give out the same number: an agent that mixes them up is to be found out.
vap_reply_t first_number(const void* host) {
  return (static_cast<vap_reply_t>(reinterpret_cast<std::uintptr_t>(host)) << 16) | 1;
}

}  // namespace

// The C functions: they cast, check for null, and hand on.
struct ToyTable {
  static ToyHost& host_of(const vap_host_t* table) {
    return *reinterpret_cast<const ToySeat*>(table)->host;
  }

  static void VAP_CALL log(const vap_host_t*, vap_log_level_t level, vap_str_t message) noexcept {
    constexpr int shown_from = VAP_LOG_WARN;
    if (level < shown_from || !is_good(message)) return;
    fmt::print(stderr, "the agent logs: {}\n", view(message));
  }
  static vap_status_t VAP_CALL say(const vap_host_t* h, vap_reply_t number, vap_str_t text,
                                   vap_emit_flags_t) noexcept {
    return is_good(text) ? host_of(h).emit(number, view(text), false) : VAP_E_INVALID;
  }
  static vap_status_t VAP_CALL data(const vap_host_t* h, vap_reply_t number, vap_str_t json,
                                    vap_emit_flags_t) noexcept {
    return is_good(json) ? host_of(h).emit(number, view(json), true) : VAP_E_INVALID;
  }
  static vap_status_t VAP_CALL end(const vap_host_t* h, vap_reply_t number, vap_status_t status,
                                   const vap_error_t* why) noexcept {
    return host_of(h).end(number, status, why);
  }
  static vap_cancel_t VAP_CALL cancelled(const vap_host_t* h, vap_reply_t number) noexcept {
    ToyHost& host = host_of(h);
    const std::lock_guard lock(host.mutex_);
    const ToyHost::Reply* reply = host.find(number);
    if (reply == nullptr || ToyHost::is_over(reply->heard)) return VAP_CANCEL_HANGUP;
    return reply->heard.cancelled;
  }
  static std::int64_t VAP_CALL time_left_ms(const vap_host_t* h, vap_reply_t number) noexcept {
    ToyHost& host = host_of(h);
    const std::lock_guard lock(host.mutex_);
    const ToyHost::Reply* reply = host.find(number);
    if (reply == nullptr) return 0;
    const auto left = std::chrono::duration_cast<Milliseconds>(reply->deadline - Clock::now());
    return std::max<std::int64_t>(0, left.count());
  }

  static vap_status_t VAP_CALL state_get(const vap_host_t* h, vap_reply_t number, vap_str_t key,
                                         vap_str_t* out, std::uint64_t* revision) noexcept {
    if (out == nullptr || !is_good(key)) return VAP_E_INVALID;
    *out = {nullptr, 0};
    if (revision != nullptr) *revision = 0;
    ToyHost& host = host_of(h);
    if (const vap_status_t no = host.refusal_to(Refusing::state); no < 0) return no;
    const std::lock_guard lock(host.mutex_);
    ToyHost::Reply* reply = host.find(number);
    if (reply == nullptr) return VAP_E_ENDED;
    Values::Value value = host.talk(*reply).values.get(view(key));
    if (value.bytes == nullptr) return VAP_E_NOT_FOUND;
    if (revision != nullptr) *revision = value.revision;
    *out = {value.bytes->data(), value.bytes->size()};
    reply->lent.push_back(std::move(value.bytes));
    return VAP_OK;
  }
  static vap_status_t VAP_CALL state_put(const vap_host_t* h, vap_reply_t number, vap_str_t key,
                                         vap_str_t value, std::uint64_t revision) noexcept {
    if (!is_good(key) || !is_good(value)) return VAP_E_INVALID;
    ToyHost& host = host_of(h);
    if (const vap_status_t no = host.refusal_to(Refusing::state); no < 0) return no;
    const std::lock_guard lock(host.mutex_);
    const ToyHost::Reply* reply = host.find(number);
    if (reply == nullptr) return VAP_E_ENDED;
    if (reply->heard.cancelled != VAP_CANCEL_NONE) return VAP_E_CANCELLED;
    Values& values = host.talk(*reply).values;
    return values.put(view(key), view(value), revision, ++host.last_revision_).status;
  }

  static vap_status_t VAP_CALL history_read(const vap_host_t* h, vap_reply_t number,
                                            std::size_t most, std::size_t most_bytes,
                                            const vap_line_t* const** out,
                                            std::size_t* count) noexcept {
    if (out == nullptr || count == nullptr) return VAP_E_INVALID;
    *out = nullptr;
    *count = 0;
    return host_of(h).read(number, most, most_bytes, out, count);
  }

  static vap_status_t VAP_CALL journal_begin(const vap_host_t* h, vap_reply_t number, vap_str_t key,
                                             vap_str_t* out) noexcept {
    if (out == nullptr || !is_good(key)) return VAP_E_INVALID;
    *out = {nullptr, 0};
    return host_of(h).begin_step(number, view(key), out);
  }
  static vap_status_t VAP_CALL journal_finish(const vap_host_t* h, vap_reply_t number,
                                              vap_str_t key, vap_str_t result) noexcept {
    if (!is_good(key) || !is_good(result)) return VAP_E_INVALID;
    return host_of(h).settle_step(number, view(key), &result);
  }
  static vap_status_t VAP_CALL journal_drop(const vap_host_t* h, vap_reply_t number,
                                            vap_str_t key) noexcept {
    return is_good(key) ? host_of(h).settle_step(number, view(key), nullptr) : VAP_E_INVALID;
  }

  static vap_status_t VAP_CALL task_post(const vap_host_t* h, std::uint32_t delay_ms,
                                         ToyTasks::Function run, void* user,
                                         std::uint64_t* id) noexcept {
    if (run == nullptr) return VAP_E_INVALID;
    ToyHost& host = host_of(h);
    if (const vap_status_t no = host.refusal_to(Refusing::task); no < 0) return no;
    const std::uint64_t number = host.tasks_.post(Milliseconds(delay_ms), run, user);
    if (id != nullptr) *id = number;
    return VAP_OK;
  }
  static vap_status_t VAP_CALL task_cancel(const vap_host_t* h, std::uint64_t id) noexcept {
    return host_of(h).tasks_.cancel(id) ? VAP_OK : VAP_E_NOT_FOUND;
  }

  static vap_status_t VAP_CALL http_send(const vap_host_t* h, vap_reply_t number,
                                         const vap_http_request_t* request,
                                         const vap_http_handler_t* handler, void* user,
                                         std::uint64_t* id, vap_error_t*) noexcept {
    if (id != nullptr) *id = 0;
    if (request == nullptr || handler == nullptr || handler->on_end == nullptr)
      return VAP_E_INVALID;
    ToyHost& host = host_of(h);
    if (const vap_status_t no = host.refusal_to(Refusing::http); no < 0) return no;
    const std::lock_guard lock(host.mutex_);
    if (ToyHost::Reply* reply = number == 0 ? nullptr : host.find(number)) ++reply->heard.unsent;
    host.requests_.take(*handler, user, id);
    return VAP_OK;
  }
  // It ends by itself.
  static vap_status_t VAP_CALL http_cancel(const vap_host_t*, std::uint64_t) noexcept {
    return VAP_E_NOT_FOUND;
  }
  static vap_status_t VAP_CALL http_warm(const vap_host_t* h, vap_str_t url,
                                         vap_error_t*) noexcept {
    return is_good(url) ? host_of(h).refusal_to(Refusing::http) : VAP_E_INVALID;
  }

  static vap_status_t VAP_CALL hangup(const vap_host_t* h, vap_reply_t number) noexcept {
    ToyHost& host = host_of(h);
    if (const vap_status_t no = host.refusal_to(Refusing::hangup); no < 0) return no;
    const std::lock_guard lock(host.mutex_);
    return host.find(number) == nullptr ? VAP_E_ENDED : VAP_OK;
  }

  static void VAP_CALL count(const vap_host_t*, vap_str_t, std::int64_t) noexcept {}
  static void VAP_CALL observe(const vap_host_t*, vap_str_t, double) noexcept {}

  static const void* VAP_CALL get_extension(const vap_host_t* h, const char* id) noexcept {
    static constexpr vap_ext_state_t state{state_get, state_put};
    static constexpr vap_ext_history_t history{history_read};
    static constexpr vap_ext_journal_t journal{journal_begin, journal_finish, journal_drop};
    static constexpr vap_ext_task_t task{task_post, task_cancel};
    static constexpr vap_ext_http_t http{http_send, http_cancel, http_warm};
    static constexpr vap_ext_call_t call{hangup};
    static constexpr vap_ext_metrics_t metrics{count, observe};
    if (id == nullptr || !host_of(h).habits_.extensions) return nullptr;
    const std::string_view wanted = id;
    if (wanted == VAP_EXT_STATE) return &state;
    if (wanted == VAP_EXT_HISTORY) return &history;
    if (wanted == VAP_EXT_JOURNAL) return &journal;
    if (wanted == VAP_EXT_TASK) return &task;
    if (wanted == VAP_EXT_HTTP) return &http;
    if (wanted == VAP_EXT_TOOL) return &ToyTools::table();
    if (wanted == VAP_EXT_CALL) return &call;
    if (wanted == VAP_EXT_METRICS) return &metrics;
    return nullptr;
  }
};

ToyHost::ToyHost(HostHabits habits)
    : habits_(habits),
      tools_(refusal_to(Refusing::tool)),
      seat_{{sizeof(vap_host_t),
             VAP_ABI_MINOR,
             {"patchbay check", 14},
             {PATCHBAY_VERSION, sizeof PATCHBAY_VERSION - 1},
             ToyTable::get_extension,
             ToyTable::log,
             ToyTable::say,
             ToyTable::data,
             ToyTable::end,
             ToyTable::cancelled,
             ToyTable::time_left_ms},
            this,
            &tools_},
      last_number_(first_number(this)),
      tasks_(habits.longest_delay) {}

vap_reply_t ToyHost::open(const TurnText& turn) {
  const std::lock_guard lock(mutex_);
  replies_[++last_number_] = Reply{turn, Clock::now() + turn.budget, {}, {}};
  TurnRecord opening;
  opening.type = turn.event;
  opening.turn_id = turn.turn;
  opening.text = turn.event == "message" ? turn.text : "";
  talk(replies_[last_number_]).history.begin(std::move(opening), last_number_);
  return last_number_;
}

void ToyHost::close(vap_reply_t number) {
  const std::lock_guard lock(mutex_);
  if (Reply* reply = find(number)) {
    reply->heard.closed = true;
    note_said(number, *reply);
    History& history = talk(*reply).history;
    history.ended(history.number_of(number), "answered", 1);
  }
  changed_.notify_all();
}

void ToyHost::cancel(vap_reply_t number, vap_cancel_t why) {
  const std::lock_guard lock(mutex_);
  if (Reply* reply = find(number)) reply->heard.cancelled = why;
}

HeardWords ToyHost::heard(vap_reply_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = replies_.find(number);
  return found == replies_.end() ? HeardWords() : found->second.heard;
}

bool ToyHost::ended_within(vap_reply_t number, Milliseconds most) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, most, [&] { return is_over(replies_.at(number).heard); });
}

bool ToyHost::spoken_within(vap_reply_t number, Milliseconds most) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, most, [&] { return !replies_.at(number).heard.silent(); });
}

int ToyHost::strange_calls() const {
  const std::lock_guard lock(mutex_);
  return strange_calls_;
}

vap_status_t ToyHost::read(vap_reply_t number, std::size_t most, std::size_t most_bytes,
                           const vap_line_t* const** out, std::size_t* count) {
  if (const vap_status_t no = refusal_to(Refusing::history); no < 0) return no;
  struct Lent {
    std::vector<HistoryLine> lines;
    std::vector<vap_line_t> records;
    std::vector<const vap_line_t*> pointers;
  };
  const std::lock_guard lock(mutex_);
  Reply* reply = find(number);
  if (reply == nullptr) return VAP_E_ENDED;
  for (const auto& [other, open] : replies_) {
    if (open.turn.conversation == reply->turn.conversation) note_said(other, open);
  }
  auto lent = std::make_shared<Lent>();
  const History& history = talk(*reply).history;
  lent->lines = history.lines(history.number_of(number), most, most_bytes);
  lent->records.reserve(lent->lines.size());
  for (const HistoryLine& line : lent->lines) {
    vap_line_flags_t flags = 0;
    if (line.interrupted) flags |= VAP_LINE_INTERRUPTED;
    if (line.is_current) flags |= VAP_LINE_CURRENT;
    lent->pointers.push_back(
        &lent->records.emplace_back(vap_line_t{sizeof(vap_line_t),
                                               flags,
                                               line.by_caller ? VAP_ROLE_CALLER : VAP_ROLE_AGENT,
                                               0,
                                               {line.text.data(), line.text.size()},
                                               {line.turn_id.data(), line.turn_id.size()},
                                               line.unix_ms}));
  }
  *out = lent->pointers.data();
  *count = lent->pointers.size();
  reply->lent.push_back(std::move(lent));
  return VAP_OK;
}

vap_status_t ToyHost::begin_step(vap_reply_t number, std::string_view key, vap_str_t* out) {
  if (const vap_status_t no = refusal_to(Refusing::journal); no < 0) return no;
  const std::lock_guard lock(mutex_);
  Reply* reply = find(number);
  if (reply == nullptr || is_over(reply->heard)) return VAP_E_ENDED;
  if (reply->heard.cancelled != VAP_CANCEL_NONE) return VAP_E_CANCELLED;
  Journal& journal = talk(*reply).journal;
  Journal::Begun begun = journal.begin(key, number, ++last_revision_);
  if (begun.status == VAP_E_AGAIN && is_over(find(begun.holder)->heard)) {
    journal.abandon(key, begun.holder);
    begun = journal.begin(key, number, ++last_revision_);
  }
  if (begun.status == VAP_E_NOT_FOUND || begun.status == VAP_E_IN_DOUBT)
    reply->heard.begun.emplace_back(key);
  if (begun.result != nullptr) {
    *out = {begun.result->data(), begun.result->size()};
    reply->lent.push_back(std::move(begun.result));
  }
  return begun.status;
}

vap_status_t ToyHost::settle_step(vap_reply_t number, std::string_view key,
                                  const vap_str_t* result) {
  if (const vap_status_t no = refusal_to(Refusing::journal); no < 0) return no;
  const std::lock_guard lock(mutex_);
  Reply* reply = find(number);
  if (reply == nullptr || is_over(reply->heard)) return VAP_E_ENDED;
  Journal& journal = talk(*reply).journal;
  const vap_status_t status =
      result == nullptr ? journal.drop(key, number).status
                        : journal.finish(key, number, view(*result), ++last_revision_).status;
  if (status >= 0) reply->heard.settled.emplace_back(key);
  return status;
}

// What its turn has said until now, unless that has ended before.
void ToyHost::note_said(vap_reply_t number, const Reply& reply) {
  const SaidPiece piece{reply.heard.said, 0, false};
  History& history = talk(reply).history;
  history.said(history.number_of(number), {&piece, 1});
}

ToyHost::Talk& ToyHost::talk(const Reply& reply) {
  return talks_[reply.turn.conversation];
}

ToyHost::Reply* ToyHost::find(vap_reply_t number) {
  const auto found = replies_.find(number);
  if (found != replies_.end()) return &found->second;
  ++strange_calls_;
  return nullptr;
}

vap_status_t ToyHost::refusal_to(Refusing what) const {
  const bool refuses = habits_.refusing == what || habits_.refusing == Refusing::everything;
  return refuses ? habits_.refusal : VAP_OK;
}

vap_status_t ToyHost::emit(vap_reply_t number, std::string_view bytes, bool is_data) {
  const std::lock_guard lock(mutex_);
  Reply* reply = find(number);
  if (reply == nullptr) return VAP_E_ENDED;
  HeardWords& heard = reply->heard;
  if (is_over(heard)) {
    ++heard.words_after_end;
    return VAP_E_ENDED;
  }
  const std::string& event = reply->turn.event;
  const bool answers_data = event == "data" && is_data && heard.data.empty();
  const bool is_heard =
      event == "message" || (event == "session.start" && !reply->turn.turn.empty());
  if (!is_heard && !answers_data) return VAP_E_UNSUPPORTED;
  if (heard.cancelled != VAP_CANCEL_NONE) return VAP_E_CANCELLED;
  if (const vap_status_t no = refusal_to(is_data ? Refusing::data : Refusing::say); no < 0)
    return no;
  if (bytes.size() > longest_emit) return VAP_E_LIMIT;
  if (is_data && check_json(bytes, deepest_json)) return VAP_E_INVALID;
  if (bytes.empty()) return VAP_OK;
  if (is_data) {
    heard.data.emplace_back(bytes);
  } else {
    heard.said += bytes;
  }
  ++heard.words;
  changed_.notify_all();
  return VAP_OK;
}

vap_status_t ToyHost::end(vap_reply_t number, vap_status_t status, const vap_error_t* why) {
  const std::lock_guard lock(mutex_);
  Reply* reply = find(number);
  if (reply == nullptr) return VAP_E_ENDED;
  HeardWords& heard = reply->heard;
  if (++heard.ends > 1 || heard.closed) return VAP_E_ENDED;
  heard.end_status = status;
  if (why != nullptr)
    heard.end_reason.assign(why->message, ::strnlen(why->message, sizeof why->message));
  changed_.notify_all();
  return refusal_to(Refusing::end);
}

}  // namespace patchbay
