// SPDX-License-Identifier: MIT

// An agent in Go. What the host calls stands in border.c, because cgo can neither make the entry's
// constant table nor the ident note; it calls the exported functions here.
package main

/*
#include <vap/vap.h>
vap_status_t host_say(const vap_host_t *host, vap_reply_t reply, const char *text, size_t len);
*/
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

type agent struct {
	host *C.vap_host_t
}

//export agentCreate
func agentCreate(host *C.vap_host_t) C.uintptr_t {
	return C.uintptr_t(cgo.NewHandle(&agent{host}))
}

//export agentDestroy
func agentDestroy(handle C.uintptr_t) {
	cgo.Handle(handle).Delete()
}

//export agentOnTurn
func agentOnTurn(handle C.uintptr_t, turn *C.vap_turn_t, reply C.vap_reply_t) (status C.vap_status_t) {
	// A panic that left Go would take the host with it.
	defer func() {
		if recover() != nil {
			status = C.VAP_E_EXCEPTION
		}
	}()
	if goString(turn.event) != "message" {
		return C.VAP_OK
	}
	a := cgo.Handle(handle).Value().(*agent)
	text := goString(turn.text)
	return a.say(reply, "go: "+text)
}

func goString(text C.vap_str_t) string {
	return C.GoStringN(text.ptr, C.int(text.len))
}

func (a *agent) say(reply C.vap_reply_t, text string) C.vap_status_t {
	return C.host_say(a.host, reply, (*C.char)(unsafe.Pointer(unsafe.StringData(text))), C.size_t(len(text)))
}

func main() {}
