// SPDX-License-Identifier: MIT
#include "work/host_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "ground/text.h"
#include "vap/vap_http.h"
#include "work/tool_table.h"

namespace patchbay {
namespace {

constexpr std::size_t longest_log_message = 8 * 1024;  // bytes; the rest is cut off

std::shared_ptr<Reply> reply_of(const vap_host_t* host, vap_reply_t number) {
  return api_of(host).replies.find(number, agent_of(host));
}

const std::string& agent_label(const vap_host_t* host) {
  return agent_of(host).label();
}

// --- the core

void VAP_CALL log_message(const vap_host_t* host, vap_log_level_t level,
                          vap_str_t message) noexcept {
  if (!is_good(message)) return;
  constexpr LogLevel levels[] = {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error};
  const LogLevel wanted = levels[std::clamp(level, std::int32_t{0}, std::int32_t{3})];
  if (!api_of(host).log.writes(wanted)) return;
  std::string text;
  append_utf8_repaired(text, view(message).substr(0, longest_log_message));
  api_of(host).log.write(wanted, "agent says",
                         {{"agent", agent_of(host).name()}, {"message", Spoken{text}}});
}

vap_status_t VAP_CALL say(const vap_host_t* host, vap_reply_t number, vap_str_t text,
                          vap_emit_flags_t flags) noexcept {
  if (!is_good(text)) return VAP_E_INVALID;
  const auto reply = reply_of(host, number);
  return reply ? reply->say(view(text), flags) : VAP_E_ENDED;
}

vap_status_t VAP_CALL data(const vap_host_t* host, vap_reply_t number, vap_str_t json,
                           vap_emit_flags_t flags) noexcept {
  if (!is_good(json)) return VAP_E_INVALID;
  const auto reply = reply_of(host, number);
  return reply ? reply->data(view(json), flags) : VAP_E_ENDED;
}

vap_status_t VAP_CALL end(const vap_host_t* host, vap_reply_t number, vap_status_t status,
                          const vap_error_t* error) noexcept {
  return api_of(host).turns.end(number, agent_of(host), status, words_of(error));
}

vap_cancel_t VAP_CALL cancelled(const vap_host_t* host, vap_reply_t number) noexcept {
  const auto reply = reply_of(host, number);
  return reply ? reply->cancelled() : vap_cancel_t{VAP_CANCEL_HANGUP};
}

std::int64_t VAP_CALL time_left_ms(const vap_host_t* host, vap_reply_t number) noexcept {
  const auto reply = reply_of(host, number);
  return reply ? reply->time_left_ms(Clock::now()) : 0;
}

// --- vap.state/1

vap_status_t VAP_CALL state_get(const vap_host_t* host, vap_reply_t number, vap_str_t key,
                                vap_str_t* out, std::uint64_t* revision) noexcept {
  if (!is_good(key) || out == nullptr) return VAP_E_INVALID;
  *out = {nullptr, 0};
  if (revision != nullptr) *revision = 0;
  const auto reply = reply_of(host, number);
  if (!reply) return VAP_E_ENDED;
  if (reply->book() == nullptr) return VAP_E_UNSUPPORTED;
  Book::Got got = reply->book()->get(view(key));
  if (got.status != VAP_OK) return got.status;
  if (revision != nullptr) *revision = got.value.revision;
  const std::string_view bytes = reply->keep(std::move(got.value.bytes));
  *out = {bytes.data(), bytes.size()};
  return VAP_OK;
}

vap_status_t VAP_CALL state_put(const vap_host_t* host, vap_reply_t number, vap_str_t key,
                                vap_str_t value, std::uint64_t revision) noexcept {
  if (!is_good(key) || !is_good(value)) return VAP_E_INVALID;
  const auto reply = reply_of(host, number);
  if (!reply) return VAP_E_ENDED;
  // A late turn must not overwrite what a newer one wrote.
  if (reply->cancelled() != VAP_CANCEL_NONE) return VAP_E_CANCELLED;
  if (reply->book() == nullptr) return VAP_E_UNSUPPORTED;
  return reply->book()->put(view(key), view(value), revision);
}

// --- vap.history/1

// What one read() has given out, in one piece: the pointers, what they point to, and their texts.
struct LentLines {
  std::vector<HistoryLine> lines;
  std::vector<vap_line_t> records;
  std::vector<const vap_line_t*> pointers;
  std::string hold;  // empty: keep() takes strings, and this one holds all of it
};

vap_line_t record_of(const HistoryLine& line) {
  vap_line_flags_t flags = 0;
  if (line.interrupted) flags |= VAP_LINE_INTERRUPTED;
  if (line.has_host_words) flags |= VAP_LINE_HOST;
  if (line.is_current) flags |= VAP_LINE_CURRENT;
  const vap_role_t role = line.by_caller ? VAP_ROLE_CALLER : VAP_ROLE_AGENT;
  return {sizeof(vap_line_t), flags, role, 0, lent(line.text), lent(line.turn_id), line.unix_ms};
}

vap_status_t VAP_CALL history_read(const vap_host_t* host, vap_reply_t number, std::size_t most,
                                   std::size_t most_bytes, const vap_line_t* const** out,
                                   std::size_t* count) noexcept {
  if (out == nullptr || count == nullptr) return VAP_E_INVALID;
  *out = nullptr;
  *count = 0;
  const auto reply = reply_of(host, number);
  if (!reply) return VAP_E_ENDED;
  if (reply->book() == nullptr) return VAP_E_UNSUPPORTED;
  auto lines = reply->book()->lines(number, most, most_bytes);
  if (!lines) return VAP_E_UNAVAILABLE;
  auto all = std::make_shared<LentLines>();
  all->lines = *std::move(lines);
  all->records.reserve(all->lines.size());  // so that they stay where they are
  all->pointers.reserve(all->lines.size());
  for (const HistoryLine& line : all->lines)
    all->pointers.push_back(&all->records.emplace_back(record_of(line)));
  *out = all->pointers.data();
  *count = all->pointers.size();
  const std::string* hold = &all->hold;
  reply->keep(std::shared_ptr<const std::string>(std::move(all), hold));
  return VAP_OK;
}

// --- vap.journal/1

vap_status_t VAP_CALL journal_begin(const vap_host_t* host, vap_reply_t number, vap_str_t key,
                                    vap_str_t* out) noexcept {
  if (!is_good(key) || out == nullptr) return VAP_E_INVALID;
  *out = {nullptr, 0};
  const auto reply = reply_of(host, number);
  if (!reply) return VAP_E_ENDED;
  // Whoever nobody listens to any more begins nothing new.
  if (reply->cancelled() != VAP_CANCEL_NONE) return VAP_E_CANCELLED;
  Book* const book = reply->book();
  if (book == nullptr) return VAP_E_UNSUPPORTED;
  Journal::Begun begun = book->begin_step(view(key), number);
  // Whoever is at it may be a turn of the version before this one.
  if (begun.status == VAP_E_AGAIN && !api_of(host).replies.is_open(begun.holder)) {
    book->abandon_step(view(key), begun.holder);
    begun = book->begin_step(view(key), number);
  }
  if (begun.result != nullptr) {
    const std::string_view bytes = reply->keep(std::move(begun.result));
    *out = {bytes.data(), bytes.size()};
  }
  return begun.status;
}

// These ask for no cancel: what is done is done.
vap_status_t VAP_CALL journal_finish(const vap_host_t* host, vap_reply_t number, vap_str_t key,
                                     vap_str_t result) noexcept {
  if (!is_good(key) || !is_good(result)) return VAP_E_INVALID;
  const auto reply = reply_of(host, number);
  if (!reply) return VAP_E_ENDED;
  if (reply->book() == nullptr) return VAP_E_UNSUPPORTED;
  return reply->book()->finish_step(view(key), number, view(result));
}

vap_status_t VAP_CALL journal_drop(const vap_host_t* host, vap_reply_t number,
                                   vap_str_t key) noexcept {
  if (!is_good(key)) return VAP_E_INVALID;
  const auto reply = reply_of(host, number);
  if (!reply) return VAP_E_ENDED;
  if (reply->book() == nullptr) return VAP_E_UNSUPPORTED;
  return reply->book()->drop_step(view(key), number);
}

// --- vap.task/1

vap_status_t VAP_CALL task_post(const vap_host_t* host, std::uint32_t delay_ms,
                                void(VAP_CALL* fn)(void*), void* user, std::uint64_t* id) noexcept {
  return api_of(host).tasks.post(agent_of(host), delay_ms, fn, user, id);
}

vap_status_t VAP_CALL task_cancel(const vap_host_t* host, std::uint64_t id) noexcept {
  return api_of(host).tasks.cancel(agent_of(host), id);
}

// --- vap.http/1

// The first revision's fields are there in every record; of later ones ask VAP_HAS.
bool is_whole(const vap_http_request_t* request) {
  if (request == nullptr || request->struct_size < sizeof *request) return false;
  if (!is_good(request->method) || !is_good(request->url) || !is_good(request->body)) return false;
  if (request->header_count > 0 && request->headers == nullptr) return false;
  return std::all_of(request->headers, request->headers + request->header_count,
                     [](const auto& each) { return is_good(each.name) && is_good(each.value); });
}

bool is_whole(const vap_http_handler_t* handler) {
  return handler != nullptr && handler->struct_size >= sizeof *handler &&
         handler->on_end != nullptr;
}

vap_status_t told(const Requests::Answer& answer, vap_error_t* why) {
  return patchbay::told(answer.status, answer.why, why);
}

vap_status_t VAP_CALL http_send(const vap_host_t* host, vap_reply_t number,
                                const vap_http_request_t* request,
                                const vap_http_handler_t* handler, void* user, std::uint64_t* id,
                                vap_error_t* why) noexcept {
  if (id != nullptr) *id = 0;
  if (!is_whole(request) || !is_whole(handler))
    return told({VAP_E_INVALID, "a record of the request is not complete"}, why);
  HttpWish wish{view(request->method),
                view(request->url),
                {},
                view(request->body),
                Milliseconds{request->connect_ms},
                Milliseconds{request->first_byte_ms},
                Milliseconds{request->idle_ms},
                Milliseconds{request->whole_ms},
                (request->flags & VAP_HTTP_FOLLOW) != 0};
  for (std::size_t i = 0; i < request->header_count; ++i)
    wish.headers.emplace_back(view(request->headers[i].name), view(request->headers[i].value));
  return told(api_of(host).requests.send(agent_of(host), number, wish, {*handler, user}, id), why);
}

vap_status_t VAP_CALL http_cancel(const vap_host_t* host, std::uint64_t id) noexcept {
  return api_of(host).requests.cancel(agent_of(host), id);
}

vap_status_t VAP_CALL http_warm(const vap_host_t* host, vap_str_t url, vap_error_t* why) noexcept {
  if (!is_good(url)) return told({VAP_E_INVALID, "there is no URL"}, why);
  return told(api_of(host).requests.warm(agent_of(host), view(url)), why);
}

// --- vap.call/1

vap_status_t VAP_CALL call_hangup(const vap_host_t* host, vap_reply_t number) noexcept {
  const auto reply = reply_of(host, number);
  return reply ? reply->hangup(api_of(host).send_hangup) : VAP_E_ENDED;
}

// --- vap.metrics/1

// Plugins' names stand apart from the host's own.
std::string metric_name(vap_str_t name) {
  return fmt::format("agent_{}", view(name));
}

void VAP_CALL metrics_count(const vap_host_t* host, vap_str_t name, std::int64_t add) noexcept {
  if (is_good(name)) api_of(host).metrics.count(metric_name(name), agent_label(host), add);
}

void VAP_CALL metrics_observe(const vap_host_t* host, vap_str_t name, double value) noexcept {
  if (is_good(name)) api_of(host).metrics.observe(metric_name(name), agent_label(host), value);
}

constexpr vap_ext_state_t state_table{state_get, state_put};
constexpr vap_ext_history_t history_table{history_read};
constexpr vap_ext_journal_t journal_table{journal_begin, journal_finish, journal_drop};
constexpr vap_ext_task_t task_table{task_post, task_cancel};
constexpr vap_ext_http_t http_table{http_send, http_cancel, http_warm};
constexpr vap_ext_call_t call_table{call_hangup};
constexpr vap_ext_metrics_t metrics_table{metrics_count, metrics_observe};

struct Extension {
  std::string_view id;
  const void* table;
};
constexpr Extension extensions[] = {
    {VAP_EXT_STATE, &state_table},     {VAP_EXT_HISTORY, &history_table},
    {VAP_EXT_JOURNAL, &journal_table}, {VAP_EXT_TASK, &task_table},
    {VAP_EXT_HTTP, &http_table},       {VAP_EXT_TOOL, &tool_table},
    {VAP_EXT_CALL, &call_table},       {VAP_EXT_METRICS, &metrics_table}};

const void* VAP_CALL get_extension(const vap_host_t*, const char* id) noexcept {
  if (id == nullptr) return nullptr;
  for (const Extension& extension : extensions) {
    if (extension.id == id) return extension.table;
  }
  return nullptr;
}

constexpr vap_str_t host_name{"patchbay", 8};
constexpr vap_str_t host_version{PATCHBAY_VERSION, sizeof(PATCHBAY_VERSION) - 1};

constexpr vap_host_t table{
    sizeof(vap_host_t), VAP_ABI_MINOR, host_name, host_version, get_extension,
    log_message,        say,           data,      end,          cancelled,
    time_left_ms};

}  // namespace

const vap_host_t& host_table() {
  return table;
}

std::span<const std::string_view> host_extensions() {
  // What a manifest may ask for: also the plugin's own side of the ABI, which every host 1.0 calls.
  static constexpr std::string_view ids[] = {VAP_EXT_STATE,    VAP_EXT_HISTORY, VAP_EXT_JOURNAL,
                                             VAP_EXT_TASK,     VAP_EXT_HTTP,    VAP_EXT_TOOL,
                                             VAP_EXT_CALL,     VAP_EXT_METRICS, VAP_EXT_CANCEL,
                                             VAP_EXT_SELFTEST, VAP_EXT_HANDOVER};
  return ids;
}

}  // namespace patchbay
