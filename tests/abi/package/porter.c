/* SPDX-License-Identifier: MIT */
#include <vap/vap.h>

struct vap_agent {
  const vap_host_t* host;
};
static struct vap_agent only;

static vap_status_t create(const vap_host_t* host, const vap_config_t* config, vap_agent_t** out,
                           vap_error_t* error) {
  (void)config, (void)error;
  only.host = host;
  *out = &only;
  return VAP_OK;
}
static void destroy(vap_agent_t* agent) {
  (void)agent;
}
static vap_status_t on_turn(vap_agent_t* agent, const vap_turn_t* turn, vap_reply_t reply,
                            vap_error_t* error) {
  (void)error;
  return agent->host->say(agent->host, reply, turn->text, 0);
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
