/* SPDX-License-Identifier: MIT */
/* clang-format off */
/* vap_tool.h - vap.tool/1: functions that an agent offers to other agents, eg. for a model to call.
 * One id, two sides: a plugin that offers some answers it with vap_ext_tool_t, a host that carries
 * calls between agents with vap_ext_tool_host_t. Caller and called never meet: nothing that one of
 * them passes is seen by the other, but in copies of the host's.
 *
 * WHO         An agent calls those that its operator names, [agents.NAME] may_call, and no other.
 *             Where calls could go round (a may call b, b may call a) the host does not start.
 * OFFERED     The host asks for the list once, between the self-test and the first turn; it holds
 *             as long as the agent does. A name is 64 letters, digits, _ and - at most, no digit
 *             first; parameters are a JSON schema (draft 7) of an object. A list that breaks this
 *             keeps the agent from serving.
 * ARGUMENTS   One JSON object, at most 1 MiB and 64 levels deep; the host looks no further. Whether
 *             they fit the schema the called function has to know: its caller may be anybody.
 * THE CALL    Runs in the version that serves when it is made, and ends in it. It is ended once: by
 *             end(), during call() or later, from any thread, or by call() with a status below 0.
 *             Until both, this version of the called plugin stays loaded; the caller's until on_end
 *             has returned. As much of the host's threads is its agent's as for its turns.
 * CUT         A call is cut when its time is over, by its caller, and with the turn that it belongs
 *             to. The caller hears so at once. The called agent is told (cancel), and still ends it.
 * NOT DONE    A status below 0 that the called agent gives says that it surely did not do it; only
 *             VAP_E_IN_DOUBT and VAP_E_EXCEPTION say that nobody knows. Of VAP_E_CANCELLED and
 *             VAP_E_DEADLINE nobody knows either, where vap_tool_end_t says that it had begun.
 * GROWTH      Records with a struct_size gain fields at their end, in a minor version.
 */
#ifndef VAP_TOOL_H
#define VAP_TOOL_H

#include "vap.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VAP_EXT_TOOL "vap.tool/1"           /* plugin, and host */

typedef uint32_t vap_tool_flags_t;
enum vap_tool_flags { VAP_TOOL_MUTATING = 1 };  /* it changes something: not to be called lightly */

typedef struct vap_tool {                   /* borrowed until put returns */
    uint32_t         struct_size;
    vap_tool_flags_t flags;
    vap_str_t        name;                  /* eg: "stock"; no two of an agent are the same */
    vap_str_t        description;           /* what it does and when to call it; 4000 bytes */
    vap_str_t        parameters;            /* a JSON schema of an object; empty: it takes none */
} vap_tool_t;

/* ------------------------------------------------------------------ what a plugin offers ---- */

typedef struct vap_tool_call {              /* borrowed until call returns */
    uint32_t  struct_size;
    uint32_t  reserved;                     /* 0 */
    uint64_t  id;                           /* for end(); never 0 */
    vap_str_t name;                         /* one of those that it offers */
    vap_str_t arguments;                    /* one JSON object */
    vap_str_t caller;                       /* eg: "shop"; as the host calls it */
    vap_str_t conversation_id;              /* the caller's; empty where it is of no turn */
    vap_str_t turn_id;
    int64_t   timeout_ms;                   /* the whole budget of this call */
} vap_tool_call_t;

typedef struct vap_ext_tool {
    /* Hand each function to put. [control] */
    vap_status_t (VAP_CALL *list)(vap_agent_t *, void *ctx,
                                  void (VAP_CALL *put)(void *ctx, const vap_tool_t *),
                                  vap_error_t *) VAP_NOEXCEPT;
    /* Run one. May block. VAP_OK: it was ended, or will be. < 0: it was not done, and this is its
     * end. [turn] */
    vap_status_t (VAP_CALL *call)(vap_agent_t *, const vap_tool_call_t *,
                                  vap_error_t *) VAP_NOEXCEPT;
    /* Nobody waits for that call any more; it is still yours to end. May run beside call, or just
     * after the end. May be null. [turn] */
    void (VAP_CALL *cancel)(vap_agent_t *, uint64_t id, vap_cancel_t) VAP_NOEXCEPT;
} vap_ext_tool_t;

/* ------------------------------------------------------------------ what the host offers ---- */

typedef uint32_t vap_tool_order_flags_t;
enum vap_tool_order_flags { VAP_TOOL_KEEP = 1 };  /* do not cut it with its turn */

typedef struct vap_tool_order {             /* borrowed until call returns */
    uint32_t               struct_size;
    vap_tool_order_flags_t flags;
    vap_str_t              agent;           /* eg: "bakery"; as it is configured */
    vap_str_t              name;            /* eg: "stock" */
    vap_str_t              arguments;       /* one JSON object; empty: {} */
    uint32_t               timeout_ms;      /* 0: 30 s */
    uint32_t               reserved;        /* 0 */
} vap_tool_order_t;

typedef uint32_t vap_tool_end_flags_t;
enum vap_tool_end_flags { VAP_TOOL_BEGUN = 1 };   /* the called agent got to know of it */

typedef struct vap_tool_end {               /* borrowed until on_end returns */
    uint32_t             struct_size;
    vap_tool_end_flags_t flags;
    vap_status_t         status;            /* VAP_OK: it was done, and the result is what came of it.
                                             * Else the called agent's; or VAP_E_CANCELLED,
                                             * VAP_E_DEADLINE of the host */
    uint32_t             reserved;          /* 0 */
    vap_str_t            result;            /* text, as a rule JSON */
    vap_str_t            message;           /* why not VAP_OK, for a person, or a model */
    int64_t              whole_ms;          /* from call() to here */
} vap_tool_end_t;

typedef struct vap_ext_tool_host {
    /* For the caller. What that agent offers, each handed to put before this returns. No code of
     * that agent runs. VAP_E_UNSUPPORTED: the operator does not let you. VAP_E_UNAVAILABLE: it is
     * not loaded, now. *why (which may be null) says it for a person. [any] */
    vap_status_t (VAP_CALL *list)(const vap_host_t *, vap_str_t agent, void *ctx,
                                  void (VAP_CALL *put)(void *ctx, const vap_tool_t *),
                                  vap_error_t *why) VAP_NOEXCEPT;
    /* Begin a call, of this reply or (0) of the agent, and return. Only after VAP_OK comes on_end:
     * once, never from inside a call to the host [turn]; and *id (which may be null, else is never
     * 0) is written before it. Made before the agent is ready, on_end comes when it is, or never.
     * VAP_E_UNSUPPORTED, VAP_E_UNAVAILABLE as list; VAP_E_NOT_FOUND: it offers no such function.
     * VAP_E_INVALID, VAP_E_CANCELLED, VAP_E_ENDED, VAP_E_LIMIT: too many are open. [any] */
    vap_status_t (VAP_CALL *call)(const vap_host_t *, vap_reply_t, const vap_tool_order_t *,
                                  void (VAP_CALL *on_end)(void *user, const vap_tool_end_t *),
                                  void *user, uint64_t *id, vap_error_t *why) VAP_NOEXCEPT;
    /* Cut it: on_end comes soon. VAP_E_NOT_FOUND: it is over. [any] */
    vap_status_t (VAP_CALL *cancel)(const vap_host_t *, uint64_t id) VAP_NOEXCEPT;

    /* For the called agent. How its function ended: VAP_OK with the result, at most 1 MiB, or a
     * status below 0 with *why (which may be null). VAP_E_LIMIT: it is still to be ended.
     * VAP_E_CANCELLED: it is ended, and nobody heard it. VAP_E_ENDED: no such call, or ended
     * before, or not yours. [any] */
    vap_status_t (VAP_CALL *end)(const vap_host_t *, uint64_t id, vap_status_t, vap_str_t result,
                                 const vap_error_t *why) VAP_NOEXCEPT;
    /* VAP_CANCEL_NONE while somebody waits for that call; VAP_CANCEL_HANGUP where there is none of
     * yours. [any] */
    vap_cancel_t (VAP_CALL *cancelled)(const vap_host_t *, uint64_t id) VAP_NOEXCEPT;
    /* Milliseconds left for it, 0 when it is over. [any] */
    int64_t (VAP_CALL *time_left_ms)(const vap_host_t *, uint64_t id) VAP_NOEXCEPT;
} vap_ext_tool_host_t;

#ifdef __cplusplus
}
#endif
#endif
