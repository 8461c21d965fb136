/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <vap/vap.h>

#include "_cgo_export.h"

struct vap_agent {
  uintptr_t handle; /* of the agent in Go: its memory may move, so no pointer to it leaves */
};

vap_status_t host_say(const vap_host_t* host, vap_reply_t reply, const char* text, size_t len) {
  vap_str_t s;
  s.ptr = text;
  s.len = len;
  return host->say(host, reply, s, 0);
}

static vap_status_t create(const vap_host_t* host, const vap_config_t* config, vap_agent_t** out,
                           vap_error_t* error) {
  (void)config, (void)error;
  *out = malloc(sizeof **out);
  if (*out == NULL) return VAP_E_FAILED;
  (*out)->handle = agentCreate((vap_host_t*)host);
  return VAP_OK;
}

static void destroy(vap_agent_t* agent) {
  agentDestroy(agent->handle);
  free(agent);
}

static vap_status_t on_turn(vap_agent_t* agent, const vap_turn_t* turn, vap_reply_t reply,
                            vap_error_t* error) {
  (void)error;
  return agentOnTurn(agent->handle, (vap_turn_t*)turn, reply);
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

VAP_IDENT("{\"id\":\"com.example.in-go\",\"name\":\"In Go\",\"version\":\"1.0.0\"}");
