/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <vap/vap.h>

struct vap_agent {
  const vap_host_t* host;
};

static vap_str_t str(const char* text, size_t len) {
  vap_str_t s;
  s.ptr = text;
  s.len = len;
  return s;
}

static int same(vap_str_t text, const char* word) {
  return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

static vap_status_t create(const vap_host_t* host, const vap_config_t* config, vap_agent_t** out,
                           vap_error_t* error) {
  (void)config, (void)error;
  *out = malloc(sizeof **out);
  if (*out == NULL) return VAP_E_FAILED;
  (*out)->host = host;
  return VAP_OK;
}

static void destroy(vap_agent_t* agent) {
  free(agent);
}

static vap_status_t on_turn(vap_agent_t* agent, const vap_turn_t* turn, vap_reply_t reply,
                            vap_error_t* error) {
  vap_status_t status;
  (void)error;
  if (!same(turn->event, "message")) return VAP_OK; /* nobody listens, or not to words */
  status = agent->host->say(agent->host, reply, str("c: ", 3), 0);
  return status < 0 ? status : agent->host->say(agent->host, reply, turn->text, 0);
}

static const void* get_extension(const char* id) {
  (void)id;
  return NULL;
}

static const vap_plugin_t plugin = {sizeof plugin, VAP_ABI_MINOR, create,
                                    destroy,       on_turn,       get_extension};

const vap_plugin_t* vap_plugin_v1(void) {
  return &plugin;
}

VAP_IDENT("{\"id\":\"com.example.in-c\",\"name\":\"In C\",\"version\":\"1.0.0\"}");
