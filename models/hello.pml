/* SPDX-License-Identifier: Apache-2.0
 * Copyright The VideoStream authors
 *
 * Hello, upgrade, falling back to version 1, and how a client comes to its first buffer. Packets can
 * cross, a send can find no room or no memory ("later"), descriptors can be lost on arrival, and the
 * host can die at any step. Both ends agree on the version, locks are those that were asked for, and
 * the client ends with a frame, a refusal or the news that the host is gone.
 *
 * CODE src/ipc/client_connect.cpp connect_once: connect_socket( | set_sessions( | say_hello(
 * CODE src/ipc/client_connect.cpp upgrade: SessionV2::open( | set_sessions(nullptr, nullptr) | set_sessions(nullptr, std::move(
 * CODE src/ipc/client_connect.cpp set_sessions: forget_session() | asked_v1_ = Lease() | watch_session()
 * CODE src/ipc/session_v1.cpp receive: receive_packet( | Received::welcome | Received::refused | accept_event( | hello_answered_ = true | accept_reply(
 * CODE src/ipc/session_v2.cpp open: map_shared( | say_ready()
 * CODE src/ipc/session_v2.cpp say_ready: MessageType::ready | send_packet(
 * CODE src/ipc/session_v2.cpp put_buffers: packet.truncated | attach_owned( | buffers.put(
 * CODE src/ipc/client_wait.cpp wait_for_buffer: sleep_on( | look_at_socket()
 * CODE src/ipc/host_peers.cpp handle_locked: hello_locked( | Peer::Stage::v1 | handle_v1_locked( | handle_v2_locked(
 * CODE src/ipc/host_peers.cpp pay_debts_locked: welcome_locked( | send_buffers_locked(
 * CODE src/ipc/host_v2.cpp hello_locked: Peer::Stage::v1 | release_v1_locks_locked( | prepare_v2_locked( | v2_peers_.push_back( | welcome_pending | welcome_locked(
 * CODE src/ipc/host_v2.cpp welcome_locked: send_packet( | Transfer::done | Peer::Stage::v2 | Transfer::later | any_debts_ = true | Transfer::closed
 * CODE src/ipc/host_v2.cpp handle_v2_locked: MessageType::ready | peer.ready = true | send_buffers_locked( | MessageType::want | peer.ready = true | send_buffers_locked(
 *
 * RIGHT 0 hello: with a host of version 2
 * RIGHT 1 fallback: with a host of version 1, which may lose its answer to HELLO
 * RIGHT 2 refusal: with a host that does not let the client in
 *
 * BREAK 1 1 answer-taken-for-a-lock, assertion: the answer to HELLO is counted as that of a lock (W2)
 * BREAK 2 0 lock-after-hello, assertion: the host grants a v1 lock to who said HELLO
 * BREAK 3 0 welcome-not-retried, acceptance cycle: a WELCOME that finds no room is forgotten
 * BREAK 4 0 want-needs-ready, acceptance cycle: WANT of a client whose READY was lost is ignored
 * BREAK 5 0 never-wants, acceptance cycle: a client does not ask for descriptors that were lost
 * BREAK 6 1 waits-for-an-answer, acceptance cycle: a client takes no v1 frame before HELLO was answered
 * BREAK 7 0 welcome-before-scan, assertion: the ledger is sent before it is in the scan list (I10)
 * BREAK 8 0 end-not-seen, acceptance cycle: the client does not look for the end of its connection
 * BREAK 9 0 lock-outlives-upgrade, acceptance cycle: after WELCOME the client waits for its v1 lock
 * BREAK 10 0 buffers-not-retried, acceptance cycle: BUFFERS that find no room are forgotten, and so is WANT
 */

#define WORDS 1
#define PROCESSES 1
#include "memory.pml"

#define HOST_IS_V2 (mode == 0)
#define HOST_IS_V1 (mode == 1)
#define HOST_REFUSES (mode == 2)

mtype = { HELLO, TRYLOCK, READY, WANT, EVENT, ANSWER, LOCKED, EXPIRED, WELCOME, REFUSED, BUFFERS };
mtype = { stage_v1, stage_pending, stage_v2 };

chan up = [3] of { mtype, byte };
chan down = [3] of { mtype, byte };

bool is_open = 1, accepted, over, started;
byte mishaps = 2; /* sends that find no memory, descriptors that get lost, frames that expire */

/* host */
mtype stage = stage_v1;
byte serial; /* 1, 2, 3, 1 ... 0 = nothing was posted */
byte locked; /* the serial that the client holds by v1 */
bool scanned, ready, has_buffer, buffers_due;
mtype said, heard; /* what a side just read */
byte about, told;

/* A send that may find no room, or no memory; `sent` tells. Within atomic. */
bool sent;
inline send_down(type, value) {
  if
  :: len(down) < 3 -> down ! type, value; sent = 1
  :: mishaps > 0 -> mishaps--; sent = 0
  :: len(down) == 3 -> sent = 0
  fi
}
inline send_up(type, value) {
  if
  :: len(up) < 3 -> up ! type, value; sent = 1
  :: mishaps > 0 -> mishaps--; sent = 0
  :: len(up) == 3 -> sent = 0
  fi
}

/* --- host ------------------------------------------------------------------------------------ */

inline welcome() {
  send_down(WELCOME, 0);
  if
  :: sent -> stage = stage_v2
  :: else
  fi
}

inline send_buffers() {
  if
  :: ready && serial != 0 && !has_buffer ->
    send_down(BUFFERS, 0);
    has_buffer = sent;
    buffers_due = !sent
  :: else -> buffers_due = 0
  fi
}

inline answer_lock() {
  if
  :: len(down) == 3 -> is_open = 0 /* cut off: it does not read its replies */
  :: len(down) < 3 -> down ! LOCKED, about; locked = about
  :: len(down) < 3 && mishaps > 0 -> mishaps--; down ! EXPIRED, about
  fi
}

inline handle() {
  if
  :: said == HELLO && HOST_IS_V1 -> send_down(ANSWER, 0)
  :: said == HELLO && HOST_IS_V2 ->
    assert(stage == stage_v1);
    locked = 0;
    stage = stage_pending;
    scanned = (broken == 7 -> 0 : 1);
    welcome()
  :: said == TRYLOCK && (stage == stage_v1 || broken == 2) -> answer_lock()
  :: said == TRYLOCK && !(stage == stage_v1 || broken == 2) /* it crossed our WELCOME */
  :: said == READY -> ready = 1; send_buffers()
  :: said == WANT ->
    if
    :: len(down) == 0 && broken != 10 -> /* else what it wants may be on its way */
      ready = ready || broken != 4;
      has_buffer = 0;
      send_buffers()
    :: else
    fi
  fi;
  said = 0;
  about = 0
}

/* read_locked, after accept_locked */
proctype reader() {
end:
  do
  :: atomic { is_open && accepted && len(up) > 0 -> up ? said, about; handle() }
  od
}

proctype acceptor() {
  atomic {
    started ->
    if
    :: !HOST_REFUSES -> accepted = 1
    :: HOST_REFUSES && len(up) > 0 -> up ? _, _; send_down(REFUSED, 0); is_open = 0
    :: HOST_REFUSES && len(up) == 0 -> is_open = 0
    fi
  }
}

/* pay_debts_locked */
proctype debts() {
end:
  do
  :: atomic { is_open && stage == stage_pending && broken != 3 && len(down) < 3 -> welcome() }
  :: atomic { is_open && stage == stage_v2 && !scanned -> scanned = 1 } /* only with break 7 */
  :: atomic { is_open && buffers_due && broken != 10 && len(down) < 3 -> send_buffers() }
  od
}

#define EVENTS_GO (accepted && stage == stage_v1)
byte burst; /* events since the client last had its turn: it reads faster than frames come */

/* Posts for ever: what a client passes over is followed by another frame. */
proctype producer() {
  bool posted;
end:
  do
  :: atomic {
      is_open ->
      posted = serial != 0;
      serial = serial % 3 + 1;
      if
      :: EVENTS_GO && len(down) < 3 && burst < 2 -> down ! EVENT, serial; burst++
      :: EVENTS_GO && (len(down) == 3 || burst == 2)
      :: !EVENTS_GO && !posted -> send_buffers() /* offer_buffer_locked: it is new */
      :: !EVENTS_GO && posted
      fi
    }
  od
}

/* The host ends; what lies in the client's queue may be read still, or not. */
proctype death() {
  atomic {
    is_open = 0;
    do
    :: len(down) > 0 -> down ? _, _
    :: true -> break
    od
  }
}

/* --- client: SessionV1 until WELCOME, then SessionV2 ------------------------------------------ */

inline receive() {
  if
  :: heard == EVENT && v2 /* posted before WELCOME, cannot come after it */ -> assert(false)
  :: heard == EVENT && !v2 ->
    event = told;
    patience = (patience > 0 -> patience - 1 : 0)
  :: heard == ANSWER -> answered = 1;
    if
    :: broken == 1 && asked != 0 -> asked = 0
    :: else
    fi
  :: heard == LOCKED ->
    assert(asked == told && locked == told && stage == stage_v1); /* what we asked for, and it has it so */
    over = 1
  :: heard == EXPIRED -> assert(asked == told); asked = 0
  :: heard == REFUSED -> over = 1
  :: heard == WELCOME ->
    assert(scanned); /* whoever has its ledger can lease */
    v2 = 1;
    event = 0;
    asked = (broken == 9 -> asked : 0);
    send_up(READY, 0)
  :: heard == BUFFERS ->
    assert(v2);
    if
    :: has_memory = 1
    :: mishaps > 0 -> mishaps-- /* MSG_CTRUNC: no room for descriptors */
    fi
  fi;
  heard = 0;
  told = 0
}

#define ACTS_AS_V1 (answered || (patience == 0 && broken != 6))

/* What there is to do when everything was read; the order is that of the code. */
#define NEWS (burst > 0 || (!is_open && broken != 8) || MAY_LOCK || MAY_LEASE || MAY_WANT)
#define MAY_LOCK (!v2 && event != 0 && asked == 0 && ACTS_AS_V1 && len(up) < 3)
#define MAY_LEASE (v2 && asked == 0 && serial != 0 && has_memory)
#define MAY_WANT (v2 && serial != 0 && !has_memory && len(up) == 0 && broken != 5)
inline act() {
  burst = 0;
  if
  :: MAY_LEASE -> assert(!is_open || stage == stage_v2); over = 1
  :: !MAY_LEASE && !is_open && broken != 8 -> over = 1
  :: !MAY_LEASE && (is_open || broken == 8) && MAY_LOCK -> up ! TRYLOCK, event; asked = event; event = 0
  :: !MAY_LEASE && (is_open || broken == 8) && MAY_WANT -> send_up(WANT, 0)
  :: !MAY_LEASE && (is_open || broken == 8) && !MAY_LOCK && !MAY_WANT
  fi
}

proctype client() {
  byte event = 0, asked = 0, patience = 2;
  bool v2 = 0, answered = 0, has_memory = 0;
  started = 1;
  atomic { send_up(HELLO, 0) }; /* when it is not sent the host believes in version 1, as we do then */
  do
  :: atomic { !over && len(down) > 0 -> down ? heard, told; receive() }
  :: atomic { !over && len(down) == 0 && !v2 && event != 0 && patience > 0 -> patience = 0 } /* 20 ms */
  :: atomic { !over && len(down) == 0 && NEWS -> act() }
  :: over -> break
  od
}

ltl ends { <> over }

active proctype machine() {
  read_environment();
  atomic {
    run client();
    run acceptor();
    run reader();
    run debts();
    run producer();
    if
    :: run death()
    :: true
    fi
  }
}
