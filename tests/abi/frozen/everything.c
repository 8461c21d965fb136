/* SPDX-License-Identifier: MIT
 *
 * An agent in C99 that uses all of ABI 1.0, built from the frozen header: what was built in its day
 * must work for as long as the major version lives.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vap/vap.h>

struct vap_agent {
  const vap_host_t* host;
  const vap_ext_state_t* state;
  const vap_ext_history_t* history;
  const vap_ext_journal_t* journal;
  const vap_ext_task_t* task;
  const vap_ext_call_t* call;
  const vap_ext_metrics_t* metrics;
  vap_reply_t kept;
  char greeting[64];
};

static vap_str_t str(const char* text) {
  vap_str_t s;
  s.ptr = text;
  s.len = strlen(text);
  return s;
}

static int is(vap_str_t s, const char* text) {
  return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

static vap_status_t fail(vap_error_t* error, vap_status_t status, const char* why) {
  error->code = status;
  snprintf(error->message, sizeof error->message, "%s", why);
  return status;
}

static vap_status_t say(vap_agent_t* a, const char* text) {
  return a->host->say(a->host, a->kept, str(text), 0);
}

static vap_status_t create(const vap_host_t* host, const vap_config_t* config, vap_agent_t** out,
                           vap_error_t* error) {
  vap_agent_t* a;
  if (!VAP_HAS(vap_config_t, config, json)) return fail(error, VAP_E_UNSUPPORTED, "no config");
  if (is(config->json, "[]")) return fail(error, VAP_E_INVALID, "the config is no object");
  a = calloc(1, sizeof *a);
  if (a == NULL) return fail(error, VAP_E_FAILED, "no memory");
  a->host = host;
  a->state = host->get_extension(host, VAP_EXT_STATE);
  a->history = host->get_extension(host, VAP_EXT_HISTORY);
  a->journal = host->get_extension(host, VAP_EXT_JOURNAL);
  a->task = host->get_extension(host, VAP_EXT_TASK);
  a->call = host->get_extension(host, VAP_EXT_CALL);
  a->metrics = host->get_extension(host, VAP_EXT_METRICS);
  strcpy(a->greeting, "hello");
  *out = a;
  return VAP_OK;
}

static void destroy(vap_agent_t* a) {
  free(a);
}

static void later(void* user) {
  vap_agent_t* a = user;
  say(a, "later");
  a->host->end(a->host, a->kept, VAP_OK, NULL);
}

static vap_status_t remember(vap_agent_t* a, const vap_turn_t* turn, vap_error_t* error) {
  vap_str_t old;
  uint64_t rev = 0;
  vap_status_t status = a->state->get(a->host, a->kept, str("last"), &old, &rev);
  if (status == VAP_OK) {
    a->host->say(a->host, a->kept, old, VAP_NOWAIT);
  } else if (status != VAP_E_NOT_FOUND) {
    return fail(error, status, "state get");
  }
  if (a->state->put(a->host, a->kept, str("last"), turn->text, rev + 1) != VAP_E_CONFLICT)
    return fail(error, VAP_E_FAILED, "a wrong revision was taken");
  return a->state->put(a->host, a->kept, str("last"), turn->text, rev);
}

static vap_status_t recall(vap_agent_t* a, vap_error_t* error) {
  const vap_line_t* const* lines;
  size_t count, i;
  if (a->history->read(a->host, a->kept, 2, 100, &lines, &count) != VAP_OK)
    return fail(error, VAP_E_FAILED, "history read");
  for (i = 0; i < count; ++i) {
    if (!VAP_HAS(vap_line_t, lines[i], unix_ms)) return fail(error, VAP_E_FAILED, "a short line");
    say(a, lines[i]->role == VAP_ROLE_CALLER ? "caller: " : "agent: ");
    a->host->say(a->host, a->kept, lines[i]->text, 0);
    say(a, lines[i]->flags & VAP_LINE_INTERRUPTED ? "... " : ". ");
  }
  return VAP_OK;
}

static vap_status_t order_once(vap_agent_t* a, vap_error_t* error) {
  vap_str_t found;
  vap_status_t status = a->journal->begin(a->host, a->kept, str("order"), &found);
  if (status == VAP_OK) return a->host->say(a->host, a->kept, found, 0);
  if (status != VAP_E_NOT_FOUND) return fail(error, status, "journal begin");
  if (a->journal->drop(a->host, a->kept, str("order")) != VAP_OK ||
      a->journal->begin(a->host, a->kept, str("order"), &found) != VAP_E_NOT_FOUND)
    return fail(error, VAP_E_FAILED, "a dropped step may not run");
  status = a->journal->finish(a->host, a->kept, str("order"), str("order 7"));
  return status < 0 ? fail(error, status, "journal finish") : say(a, "ordered");
}

static vap_status_t on_turn(vap_agent_t* a, const vap_turn_t* turn, vap_reply_t reply,
                            vap_error_t* error) {
  uint64_t id = 0;
  a->kept = reply;
  if (is(turn->event, "data")) return a->host->data(a->host, reply, turn->json, 0);
  if (!is(turn->event, "message")) return VAP_OK;
  a->metrics->count(a->host, str("turns"), 1);
  a->metrics->observe(a->host, str("left"), (double)a->host->time_left_ms(a->host, reply));
  if (a->host->cancelled(a->host, reply) != VAP_CANCEL_NONE) return VAP_E_CANCELLED;
  if (is(turn->text, "bye")) return a->call->hangup(a->host, reply);
  if (is(turn->text, "recall")) return recall(a, error);
  if (is(turn->text, "order")) return order_once(a, error);
  if (is(turn->text, "cough")) return VAP_PASS;
  if (is(turn->text, "fail")) return fail(error, VAP_E_FAILED, "as asked");
  if (!is(turn->text, "later")) return remember(a, turn, error);

  if (a->task->post(a->host, 1000, later, a, &id) < 0 || a->task->cancel(a->host, id) != VAP_OK ||
      a->task->cancel(a->host, id) != VAP_E_NOT_FOUND)
    return fail(error, VAP_E_FAILED, "a task was not cancelled");
  if (a->task->post(a->host, 1000, later, a, NULL) < 0) return VAP_E_FAILED;
  return VAP_ASYNC;
}

static void on_cancel(vap_agent_t* a, vap_reply_t reply, vap_cancel_t why) {
  char line[64];
  snprintf(line, sizeof line, "cancelled %d%s", (int)why, reply == a->kept ? "" : " of another");
  a->host->log(a->host, VAP_LOG_INFO, str(line));
}

static vap_status_t selftest(vap_agent_t* a, vap_error_t* error) {
  return a->host->abi_minor > 99 ? fail(error, VAP_E_FAILED, "from the future") : VAP_OK;
}

static vap_status_t save(vap_agent_t* a, void* ctx,
                         void(VAP_CALL* put)(void* ctx, vap_str_t bytes)) {
  put(ctx, str(a->greeting));
  return VAP_OK;
}

static vap_status_t load(vap_agent_t* a, vap_str_t from_version, vap_str_t bytes,
                         vap_error_t* error) {
  (void)from_version;
  if (bytes.len >= sizeof a->greeting) return fail(error, VAP_E_INVALID, "not my bytes");
  memcpy(a->greeting, bytes.ptr, bytes.len);
  a->greeting[bytes.len] = '\0';
  return VAP_OK;
}

static const void* get_extension(const char* id) {
  static const vap_ext_cancel_t cancel = {on_cancel};
  static const vap_ext_selftest_t test = {selftest};
  static const vap_ext_handover_t handover = {save, load};
  if (strcmp(id, VAP_EXT_CANCEL) == 0) return &cancel;
  if (strcmp(id, VAP_EXT_SELFTEST) == 0) return &test;
  if (strcmp(id, VAP_EXT_HANDOVER) == 0) return &handover;
  return NULL;
}

static const vap_plugin_t plugin = {sizeof plugin, VAP_ABI_MINOR, create,
                                    destroy,       on_turn,       get_extension};

const vap_plugin_t* vap_plugin_v1(void) {
  return &plugin;
}

VAP_IDENT("{\"id\":\"com.example.everything\",\"name\":\"Everything\",\"version\":\"1.0.0\"}");
