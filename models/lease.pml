/* SPDX-License-Identifier: Apache-2.0
 * Copyright The VideoStream authors
 *
 * Lease, retire, recycle, take back: one slot with one buffer, a ring of one word, two clients (one,
 * where frames are taken back) with one lease word each, three frames. The host looks at the ledgers again only when a bell or a hang-up
 * tells it to. The real one looks more often (docs/spec/wire-v2.md, I5); here every bell has to come.
 *
 * Words of memory hold a serial; a slot's state is serial * 2 + retired, as in src/wire/v2_layout.hpp.
 *
 * What each part stands for, with the accesses of the code in their order; models/ties.py reads them:
 * CODE src/wire/v2_protocol.cpp post: store_words(&slot.description | store_words(&slot.details | slot.state.store(live_state(serial), kRelease) | board.ring[serial & (kRingSize - 1)].store(ring_word(serial, slot_index), kRelease) | board.newest.store(serial, kSeqCst)
 * CODE src/wire/v2_protocol.cpp retire: slot.state.store(retired_state(serial), kSeqCst)
 * CODE src/wire/v2_protocol.cpp free_slot: slot.state.store(0, kSeqCst) | std::atomic_thread_fence(kRelease)
 * CODE src/wire/v2_protocol.hpp scan: ledger.lease[i].load(std::memory_order_seq_cst)
 * CODE src/wire/v2_protocol.cpp find: board.ring[serial & (kRingSize - 1)].load(kAcquire)
 * CODE src/wire/v2_protocol.cpp lease: lease.store(word, kSeqCst) | slot.state.load(kSeqCst) | load_words(&description | std::atomic_thread_fence(kAcquire) | slot.state.load(kRelaxed)
 * CODE src/wire/v2_protocol.cpp release: lease.store(0, kSeqCst) | state.load(kSeqCst)
 * CODE src/wire/v2_protocol.cpp stands: std::atomic_thread_fence(kAcquire) | state.load(kRelaxed)
 * The order of the host's steps: retire_locked, scan_locked, end_locked and take_back_locked in
 * src/ipc/host_recycle.cpp; withdraw in host_publish.cpp; disconnect_locked in host_peers.cpp. The
 * client's: try_lease_word and release in src/ipc/session_v2.cpp.
 *
 * RIGHT 0 lease: no buffer is written while leased, none is lost, no doorbell is missed; one client is killed anywhere
 * RIGHT 1 take-back: a reader whose frame was taken back or withdrawn learns it; its description is the frame's
 *
 * BREAK 1 0 announce-is-release, assertion: the lease word is stored with release
 * BREAK 2 0 retire-is-release, end state: the retired state is stored with release
 * BREAK 3 0 no-look-after-announcing, assertion: the state is read before the lease word is stored
 * BREAK 4 0 scan-before-retire, assertion: the ledgers are read before the slot is retired
 * BREAK 5 0 clear-is-release, end state: the lease word is cleared with release (R2)
 * BREAK 6 0 clear-is-relaxed, assertion: the lease word is cleared before the last pixel is read
 * BREAK 7 0 failed-lease-without-bell, end state: who could not lease clears its word and tells nobody (R1)
 * BREAK 8 0 bell-taken-after-scan, end state: the host scans, then takes the bell (R2)
 * BREAK 9 0 no-scan-at-hang-up, end state: a client that died does not make the host look again
 * BREAK 10 0 post-is-relaxed, assertion: state, ring word and newest may be seen before the description and the pixels
 * BREAK 11 0 free-is-not-scanned, assertion: a retired frame is reused without a look at the ledgers
 * BREAK 12 1 free-without-fence, assertion: pixels may be written before the new state is seen (R6)
 * BREAK 13 1 valid-without-fence, assertion: the state is read before the last pixel (R6)
 * BREAK 14 1 copy-not-confirmed, assertion: the description is used without the second look (R5)
 * BREAK 15 1 copy-without-fence, assertion: the second look comes before the copy (R5)
 * BREAK 16 1 pixels-before-state, assertion: a buffer taken back is written before its state changes
 */

#define WORDS 7
#define PROCESSES 3
#include "memory.pml"

#define NEWEST 0
#define RING 1
#define STATE 2
#define DESCRIPTION 3
#define PIXELS 4
#define LEASE(client) (5 + client)

#define HOST 2 /* clients are processes 0 and 1 */
#define SERIALS 3
#define LIVE(serial) ((serial) << 1)
#define RETIRED(serial) ((serial) << 1 | 1)
#define TAKES_BACK (mode == 1)

bool bell;          /* RELEASED on the socket, or its end; one flag, for what it says is not looked at */
bool hung_up[2];    /* the socket ended */
bool scanned[2] = 1; /* the ledger is in the host's list */
bool killed;
byte other;

/* --- client: SessionV2::try_lease_word, release ---------------------------------------------- */

/* Every atomic step below is one access to shared memory and what is decided by it. */

/* v2::release and what follows it. */
inline give_back(rings) {
  store(me, LEASE(me), 0, ORDER(ORDER(SEQ_CST, 5, RELEASE), 6, RELEASE));
  atomic {
    if
    :: broken == 5 || broken == 6 -> state = visible[STATE]
    :: else -> load_seq_cst(me, STATE, state)
    fi;
    state = (state == RETIRED(serial) && (rings) -> 1 : 0)
  };
  if
  :: atomic { state == 1 -> drain(me); bell = 1; state = 0 }
  :: state == 0
  fi
}

/* v2::lease up to its first look; state is LIVE(serial) when it succeeded. */
inline announce() {
  atomic {
    if
    :: broken == 3 -> state = visible[STATE]
    :: else -> store(me, LEASE(me), serial, ORDER(SEQ_CST, 1, RELEASE))
    fi
  };
  atomic {
    if
    :: broken == 3 -> store(me, LEASE(me), serial, SEQ_CST)
    :: broken == 1 -> state = visible[STATE]
    :: broken != 1 && broken != 3 -> load_seq_cst(me, STATE, state)
    fi
  }
}

/* The rest of v2::lease. */
inline copy() {
  atomic {
    if
    :: broken == 15 -> state = visible[STATE]
    :: else -> copied = visible[DESCRIPTION]
    fi
  };
  atomic {
    if
    :: broken == 14
    :: broken == 15 -> copied = visible[DESCRIPTION]
    :: broken != 14 && broken != 15 -> state = visible[STATE]
    fi
  }
}

/* A user reads pixels and asks Lease::valid(). */
inline read() {
  atomic {
    assert(copied == serial); /* the description is the frame's */
    copied = 0;
    if
    :: broken == 6 -> store(me, LEASE(me), 0, RELAXED)
    :: broken == 13 -> state = visible[STATE]
    :: broken != 6 && broken != 13 -> seen = visible[PIXELS]
    fi
  };
  atomic {
    if
    :: broken == 6 || broken == 13 -> seen = visible[PIXELS]
    :: else -> state = visible[STATE]
    fi;
    assert(seen == serial || (TAKES_BACK && state >> 1 != serial)); /* the frame's, or we know */
    seen = 0
  }
}

proctype client(byte me) {
  byte serial = 0, state = 0, copied = 0, seen = 0;
  {
    do
    :: atomic { visible[NEWEST] > serial -> serial = visible[NEWEST] }
      if
      :: visible[RING] != serial /* lapped: nothing was announced */
      :: else ->
        announce();
        if
        :: state == LIVE(serial) ->
          copy();
          if
          :: state >> 1 == serial -> read(); give_back(1)
          :: else -> copied = 0; give_back(1)
          fi
        :: else -> give_back(broken != 7)
        fi
      fi
    :: serial == SERIALS -> break
    od
  } unless { me == 0 && killed };
  atomic {
    if
    :: me == 0 && killed -> drain(me); hung_up[0] = 1; bell = 1
    :: else
    fi;
    serial = 0; state = 0; copied = 0; seen = 0
  }
}

/* SIGKILL, between any two steps of client 0. */
proctype killer() { killed = 1 }

/* --- host ------------------------------------------------------------------------------------ */

/* scan_locked, after sockets_locked took what the sockets say. */
inline look_at_sockets() {
  atomic {
    bell = 0;
    if
    :: hung_up[0] -> scanned[0] = 0
    :: else
    fi
  }
}
inline scan() {
  held = 0;
  do
  :: atomic {
      index < 2 ->
      if
      :: !scanned[index]
      :: scanned[index] && broken == 2 -> leased = visible[LEASE(index)]
      :: scanned[index] && broken != 2 -> load_seq_cst(HOST, LEASE(index), leased)
      fi;
      held = held || leased == serial;
      leased = 0;
      index++
    }
  :: atomic { index == 2 -> index = 0; break }
  od
}

/* The frame in the slot ends: recycled, taken back or withdrawn. */
inline end_frame() {
  if
  :: broken == 4 -> look_at_sockets(); scan(); store(HOST, STATE, RETIRED(serial), SEQ_CST)
  :: TAKES_BACK -> goto ended /* withdrawn */
  :: broken != 4 -> store(HOST, STATE, RETIRED(serial), ORDER(SEQ_CST, 2, RELEASE))
  fi;
  if
  :: broken == 11 || (broken == 4 && !held) -> goto ended
  :: else
  fi;
  do
  :: if
     :: broken == 8 -> scan(); look_at_sockets()
     :: else -> look_at_sockets(); scan()
     fi;
    if
    :: !held || TAKES_BACK -> break /* free, or taken back */
    :: held -> bell && !(broken == 9 && hung_up[0])
    fi
  od;
ended:
  held = 0;
  if
  :: broken == 16 -> store(HOST, PIXELS, serial + 1, RELAXED)
  :: else
  fi;
  atomic {
    store(HOST, STATE, 0, SEQ_CST);
    if
    :: broken == 12
    :: else -> release_fence(HOST)
    fi
  }
}

/* The producer fills the buffer, then v2::post. */
inline post() {
  store(HOST, PIXELS, serial, RELAXED);
  store(HOST, DESCRIPTION, serial, RELAXED);
  store(HOST, STATE, LIVE(serial), ORDER(RELEASE, 10, RELAXED));
  store(HOST, RING, serial, ORDER(RELEASE, 10, RELAXED));
  store(HOST, NEWEST, serial, ORDER(SEQ_CST, 10, RELAXED))
}

proctype host() {
  byte serial = 1, index = 0, leased = 0;
  bool held = 0;
  post();
  do
  :: end_frame();
    if
    :: serial == SERIALS -> break /* also the last buffer came back */
    :: else -> serial++; post()
    fi
  od
}

active proctype machine() {
  read_environment();
  atomic {
    run host();
    run client(0);
    if
    :: mode == 0 -> run client(1); run killer()
    :: else
    fi
  };
end:
  do
  :: make_visible(HOST, NEWEST)
  :: make_visible(HOST, RING)
  :: make_visible(HOST, STATE)
  :: make_visible(HOST, DESCRIPTION)
  :: make_visible(HOST, PIXELS)
  :: make_visible(0, LEASE(0))
  :: make_visible(1, LEASE(1))
  od
}
