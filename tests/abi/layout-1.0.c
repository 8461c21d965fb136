/* SPDX-License-Identifier: MIT
 *
 * The layout of ABI 1.0 on 64-bit machines: offset, size and type of every member, every value.
 * Nothing here is ever changed or taken away. A later minor version gets a file of its own, for
 * what it adds at the end of records and beside them.
 */
#define LAYOUT_MINOR 0
#include "layout.h"

/* clang-format off */

VALUE(VAP_ABI_MAJOR,              1);

STRUCT(vap_str_t,                 16);
MEMBER(vap_str_t,          ptr,                0,   8, const char *);
MEMBER(vap_str_t,          len,                8,   8, size_t);

TYPE(vap_status_t,                int32_t);
VALUE(VAP_OK,                     0);
VALUE(VAP_ASYNC,                  1);
VALUE(VAP_PASS,                   2);
VALUE(VAP_LATER,                  3);
VALUE(VAP_E_FAILED,               -1);
VALUE(VAP_E_INVALID,              -2);
VALUE(VAP_E_UNSUPPORTED,          -3);
VALUE(VAP_E_CANCELLED,            -4);
VALUE(VAP_E_DEADLINE,             -5);
VALUE(VAP_E_AGAIN,                -6);
VALUE(VAP_E_ENDED,                -7);
VALUE(VAP_E_NOT_FOUND,            -8);
VALUE(VAP_E_CONFLICT,             -9);
VALUE(VAP_E_LIMIT,                -10);
VALUE(VAP_E_EXCEPTION,            -11);
VALUE(VAP_E_UNAVAILABLE,          -12);
VALUE(VAP_E_IN_DOUBT,             -13);

STRUCT(vap_error_t,               512);
MEMBER(vap_error_t,        code,               0,   4, int32_t);
MEMBER(vap_error_t,        message,            4, 508, char *);

TYPE(vap_reply_t,                 uint64_t);

TYPE(vap_log_level_t,             int32_t);
VALUE(VAP_LOG_DEBUG,              0);
VALUE(VAP_LOG_INFO,               1);
VALUE(VAP_LOG_WARN,               2);
VALUE(VAP_LOG_ERROR,              3);

TYPE(vap_emit_flags_t,            uint32_t);
VALUE(VAP_NOWAIT,                 1);

TYPE(vap_cancel_t,                int32_t);
VALUE(VAP_CANCEL_NONE,            0);
VALUE(VAP_CANCEL_HANGUP,          1);
VALUE(VAP_CANCEL_BARGE_IN,        2);
VALUE(VAP_CANCEL_DEADLINE,        3);
VALUE(VAP_CANCEL_RELOAD,          4);
VALUE(VAP_CANCEL_SHUTDOWN,        5);

VTABLE(vap_host_t,                96);
MEMBER(vap_host_t,         struct_size,        0,   4, uint32_t);
MEMBER(vap_host_t,         abi_minor,          4,   4, uint32_t);
MEMBER(vap_host_t,         name,               8,  16, vap_str_t);
MEMBER(vap_host_t,         version,           24,  16, vap_str_t);
MEMBER(vap_host_t,         get_extension,     40,   8, const void * (*)(const vap_host_t *,
                                                         const char *id));
MEMBER(vap_host_t,         log,               48,   8, void (*)(const vap_host_t *, vap_log_level_t,
                                                         vap_str_t msg));
MEMBER(vap_host_t,         say,               56,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_reply_t, vap_str_t text,
                                                         vap_emit_flags_t));
MEMBER(vap_host_t,         data,              64,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_reply_t, vap_str_t json,
                                                         vap_emit_flags_t));
MEMBER(vap_host_t,         end,               72,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_reply_t, vap_status_t,
                                                         const vap_error_t *err));
MEMBER(vap_host_t,         cancelled,         80,   8, vap_cancel_t (*)(const vap_host_t *,
                                                         vap_reply_t));
MEMBER(vap_host_t,         time_left_ms,      88,   8, int64_t (*)(const vap_host_t *,
                                                         vap_reply_t));

RECORD(vap_turn_t,                112);
MEMBER(vap_turn_t,         struct_size,        0,   4, uint32_t);
MEMBER(vap_turn_t,         reserved,           4,   4, uint32_t);
MEMBER(vap_turn_t,         event,              8,  16, vap_str_t);
MEMBER(vap_turn_t,         conversation_id,   24,  16, vap_str_t);
MEMBER(vap_turn_t,         session_id,        40,  16, vap_str_t);
MEMBER(vap_turn_t,         turn_id,           56,  16, vap_str_t);
MEMBER(vap_turn_t,         text,              72,  16, vap_str_t);
MEMBER(vap_turn_t,         json,              88,  16, vap_str_t);
MEMBER(vap_turn_t,         deadline_ms,      104,   8, int64_t);

RECORD(vap_config_t,              56);
MEMBER(vap_config_t,       struct_size,        0,   4, uint32_t);
MEMBER(vap_config_t,       reserved,           4,   4, uint32_t);
MEMBER(vap_config_t,       agent_id,           8,  16, vap_str_t);
MEMBER(vap_config_t,       route,             24,  16, vap_str_t);
MEMBER(vap_config_t,       json,              40,  16, vap_str_t);

VTABLE(vap_plugin_t,              40);
MEMBER(vap_plugin_t,       struct_size,        0,   4, uint32_t);
MEMBER(vap_plugin_t,       abi_minor,          4,   4, uint32_t);
MEMBER(vap_plugin_t,       create,             8,   8, vap_status_t (*)(const vap_host_t *,
                                                         const vap_config_t *, vap_agent_t **out,
                                                         vap_error_t *));
MEMBER(vap_plugin_t,       destroy,           16,   8, void (*)(vap_agent_t *));
MEMBER(vap_plugin_t,       on_turn,           24,   8, vap_status_t (*)(vap_agent_t *,
                                                         const vap_turn_t *, vap_reply_t,
                                                         vap_error_t *));
MEMBER(vap_plugin_t,       get_extension,     32,   8, const void * (*)(const char *id));

VTABLE(vap_ext_cancel_t,          8);
MEMBER(vap_ext_cancel_t,   on_cancel,          0,   8, void (*)(vap_agent_t *, vap_reply_t,
                                                         vap_cancel_t));

VTABLE(vap_ext_selftest_t,        8);
MEMBER(vap_ext_selftest_t, run,                0,   8, vap_status_t (*)(vap_agent_t *,
                                                         vap_error_t *));

VTABLE(vap_ext_handover_t,        16);
MEMBER(vap_ext_handover_t, save,               0,   8, vap_status_t (*)(vap_agent_t *, void *ctx,
                                                         void (*put)(void *ctx, vap_str_t bytes)));
MEMBER(vap_ext_handover_t, load,               8,   8, vap_status_t (*)(vap_agent_t *,
                                                         vap_str_t from_version, vap_str_t bytes,
                                                         vap_error_t *));

VTABLE(vap_ext_state_t,           16);
MEMBER(vap_ext_state_t,    get,                0,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_reply_t, vap_str_t key, vap_str_t *out,
                                                         uint64_t *rev));
MEMBER(vap_ext_state_t,    put,                8,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_reply_t, vap_str_t key,
                                                         vap_str_t value, uint64_t rev));

TYPE(vap_role_t,                  int32_t);
VALUE(VAP_ROLE_CALLER,            1);
VALUE(VAP_ROLE_AGENT,             2);

TYPE(vap_line_flags_t,            uint32_t);
VALUE(VAP_LINE_INTERRUPTED,       1);
VALUE(VAP_LINE_HOST,              2);
VALUE(VAP_LINE_CURRENT,           4);

RECORD(vap_line_t,                56);
MEMBER(vap_line_t,         struct_size,        0,   4, uint32_t);
MEMBER(vap_line_t,         flags,              4,   4, vap_line_flags_t);
MEMBER(vap_line_t,         role,               8,   4, vap_role_t);
MEMBER(vap_line_t,         reserved,          12,   4, uint32_t);
MEMBER(vap_line_t,         text,              16,  16, vap_str_t);
MEMBER(vap_line_t,         turn_id,           32,  16, vap_str_t);
MEMBER(vap_line_t,         unix_ms,           48,   8, int64_t);

VTABLE(vap_ext_history_t,         8);
MEMBER(vap_ext_history_t,  read,               0,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_reply_t, size_t most,
                                                         size_t most_bytes,
                                                         const vap_line_t *const **out,
                                                         size_t *count));

VTABLE(vap_ext_journal_t,         24);
MEMBER(vap_ext_journal_t,  begin,              0,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_reply_t, vap_str_t key,
                                                         vap_str_t *out));
MEMBER(vap_ext_journal_t,  finish,             8,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_reply_t, vap_str_t key,
                                                         vap_str_t result));
MEMBER(vap_ext_journal_t,  drop,              16,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_reply_t, vap_str_t key));

VTABLE(vap_ext_task_t,            16);
MEMBER(vap_ext_task_t,     post,               0,   8, vap_status_t (*)(const vap_host_t *,
                                                         uint32_t delay_ms, void (*fn)(void *user),
                                                         void *user, uint64_t *id));
MEMBER(vap_ext_task_t,     cancel,             8,   8, vap_status_t (*)(const vap_host_t *,
                                                         uint64_t id));

VTABLE(vap_ext_call_t,            8);
MEMBER(vap_ext_call_t,     hangup,             0,   8, vap_status_t (*)(const vap_host_t *,
                                                         vap_reply_t));

VTABLE(vap_ext_metrics_t,         16);
MEMBER(vap_ext_metrics_t,  count,              0,   8, void (*)(const vap_host_t *, vap_str_t name,
                                                         int64_t add));
MEMBER(vap_ext_metrics_t,  observe,            8,   8, void (*)(const vap_host_t *, vap_str_t name,
                                                         double value));

STRUCT(vap_ident_head_t,          24);
MEMBER(vap_ident_head_t,   magic,              0,   8, char *);
MEMBER(vap_ident_head_t,   abi_major,          8,   4, uint32_t);
MEMBER(vap_ident_head_t,   abi_minor,         12,   4, uint32_t);
MEMBER(vap_ident_head_t,   json_len,          16,   4, uint32_t);
MEMBER(vap_ident_head_t,   zero,              20,   4, uint32_t);

ENTRY(vap_plugin_v1,              const vap_plugin_t *(*)(void));

TEXT(VAP_EXT_CANCEL,              "vap.cancel/1");
TEXT(VAP_EXT_SELFTEST,            "vap.selftest/1");
TEXT(VAP_EXT_HANDOVER,            "vap.handover/1");
TEXT(VAP_EXT_STATE,               "vap.state/1");
VALUE(VAP_REV_ANY,                UINT64_MAX);
TEXT(VAP_EXT_HISTORY,             "vap.history/1");
TEXT(VAP_EXT_JOURNAL,             "vap.journal/1");
TEXT(VAP_EXT_TASK,                "vap.task/1");
TEXT(VAP_EXT_CALL,                "vap.call/1");
TEXT(VAP_EXT_METRICS,             "vap.metrics/1");
TEXT(VAP_IDENT_MAGIC,             "VAPLUGIN");
