/* SPDX-License-Identifier: MIT */
/* echo - says back what the caller said. The smallest whole plugin: copy it and change on_turn. */
#include <stdlib.h>
#include <string.h>
#include <vap/vap.h>

struct vap_agent { /* yours to fill; one for each agent that an operator configures */
  const vap_host_t* host;
};

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
  static const char before[] = "You said: ";
  const vap_host_t* host = agent->host;
  vap_str_t words = {before, sizeof before - 1};
  vap_status_t status;
  (void)error;

  if (!same(turn->event, "message")) return VAP_OK; /* eg: the caller hung up */
  status = host->say(host, reply, words, 0);
  return status < 0 ? status : host->say(host, reply, turn->text, 0);
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

VAP_IDENT("{\"id\":\"patchbay.echo\",\"name\":\"Echo\",\"version\":\"1.0.0\",\"license\":\"MIT\"}");
