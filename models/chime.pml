/* SPDX-License-Identifier: Apache-2.0
 * Copyright The VideoStream authors
 *
 * Publish, chime, wake; and who waits by a descriptor: arm, look, poll. Nobody who waits for a frame
 * that is there sleeps for ever.
 *
 * CODE src/wire/v2_protocol.cpp post: store_words(&slot.description | store_words(&slot.details | slot.state.store(live_state(serial), kRelease) | board.ring[serial & (kRingSize - 1)].store(ring_word(serial, slot_index), kRelease) | board.newest.store(serial, kSeqCst)
 * CODE src/ipc/chime_group.cpp ring: chime_->word.store(value, std::memory_order_seq_cst)
 * CODE src/ipc/client_wait.cpp wait_v2: v2_->chime().word.load(std::memory_order_acquire) | v2_->newest() | cancelled_.load(std::memory_order_relaxed) | v2_->closing() | look_at_socket() | cancelled_.load(std::memory_order_acquire) | sleep_v2(chime
 * CODE src/ipc/session_v2.hpp newest: newest.load(std::memory_order_seq_cst)
 * CODE src/ipc/session_v2.hpp closing: closing.load(std::memory_order_acquire)
 * CODE src/ipc/session_v2.cpp arm: send_packet( | ledger().armed.store(armed_, std::memory_order_seq_cst)
 * CODE src/ipc/client.cpp Client::Impl::try_frame: wait(kNow | look_at_socket() | v2_->arm() | looked_ns = looked_ns_ | wait(kNow | looked_ns_ != looked_ns | set_timer(kAtOnce)
 * CODE src/ipc/host_publish.cpp announce: group->wake( | has_followers_.load(std::memory_order_relaxed) | MutexLock | ring_bell_locked( | send_v1_locked(
 * CODE src/ipc/host_publish.cpp ring_bell_locked: armed.load(std::memory_order_seq_cst) | send_packet( | peer.answered_arm = armed
 * CODE src/ipc/host_impl.cpp close: board_.closing.store(1, std::memory_order_seq_cst) | group->ring( | end_locked( | end_locked( | wake_all()
 * Also: the `bell` case of handle_v2_locked in src/ipc/host_v2.cpp.
 *
 * RIGHT 0 chime: two clients without slices each get the newest frame, then learn that the host closes
 * RIGHT 1 descriptor: a client that polls is rung for every frame it waits for, by either of two threads
 * RIGHT 2 slices: a client whose wakes a member of its group steals finds the frame all the same
 *
 * BREAK 1 0 newest-before-chime, end state: the client reads newest, then the chime word it sleeps on (R8)
 * BREAK 2 0 chime-before-newest, end state: the host changes the chime, then newest
 * BREAK 3 0 chime-is-relaxed, end state: the chime may be seen before newest
 * BREAK 4 0 wake-without-chime, end state: the host wakes and leaves the chime as it is
 * BREAK 5 0 chime-wraps, end state: the client slept until the word was the same again (R8: a slice then)
 * BREAK 6 0 closing-after-chime, end state: the host says that it closes after the last change of the chime
 * BREAK 7 0 wakes-one, end state: fewer are woken than the group has clients
 * BREAK 8 1 arm-is-release, end state: the client may look at newest before it is seen armed
 * BREAK 9 1 no-look-after-arming, end state: the client polls as soon as it is armed
 * BREAK 10 1 newest-is-release, end state: the host may look for arms before newest is seen
 * BREAK 11 1 no-bell-for-who-says-so, end state: BELL from a client is noted, not answered with what came before
 * BREAK 12 1 answer-before-arm, end state: what the host sent is read after arming, and the client polls
 * BREAK 13 2 no-slices, end state: a client whose wakes were stolen waits without an end
 */

#define WORDS 5
#define PROCESSES 3
#include "memory.pml"

#define NEWEST 0
#define CHIME 1
#define CLOSING 2
#define ARMED 3

#define HOST 2
#define SERVICE 1 /* in mode 1, where there is one client: number 0 */
#define SERIALS 3
#define CHIME_CLOSING 9

byte other;
bool asleep[2];
bool stolen[2];   /* moved to another word by FUTEX_REQUEUE: the host's wakes do not reach it */
byte received[2]; /* for the host to know when to close */

/* --- waiting on the chime -------------------------------------------------------------------- */

/* FUTEX_WAIT: the kernel compares and sleeps in one step. */
inline futex_wait() {
  if
  :: atomic { visible[CHIME] == chime -> asleep[me] = 1 };
    if
    :: !asleep[me]
    :: mode == 2 && broken != 13 -> asleep[me] = 0; stolen[me] = 0 /* the slice is over */
    fi
  :: visible[CHIME] != chime
  fi
}

/* Client::Impl::wait_v2 */
proctype waiter(byte me) {
  byte last = 0, chime = 0, newest = 0;
  do
  :: if
     :: broken == 1 -> newest = visible[NEWEST]; chime = visible[CHIME]
     :: else -> chime = visible[CHIME]; newest = visible[NEWEST]
     fi;
    if
    :: newest > last -> atomic { last = newest; received[me] = last }
    :: else ->
      if
      :: visible[CLOSING] == 1 -> break
      :: else -> futex_wait()
      fi
    fi
  od
}

/* FUTEX_WAKE; the system call makes visible what was stored before. */
inline wake() {
  atomic {
    drain(HOST);
    if
    :: asleep[0] && !stolen[0] -> asleep[0] = 0
    :: else
    fi;
    if
    :: broken == 7
    :: broken != 7 && asleep[1] && !stolen[1] -> asleep[1] = 0
    :: broken != 7 && !(asleep[1] && !stolen[1])
    fi
  }
}

inline ring() {
  if
  :: broken == 4
  :: else -> store(HOST, CHIME, rung, ORDER(SEQ_CST, 3, RELAXED))
  fi
}

/* post_locked, then announce; at the end close */
proctype host() {
  byte serial = 0, rung = 0;
  do
  :: serial < SERIALS ->
    serial++;
    rung = (broken == 5 -> serial & 1 : serial);
    if
    :: broken == 2 -> ring(); store(HOST, NEWEST, serial, SEQ_CST)
    :: else -> store(HOST, NEWEST, serial, SEQ_CST); ring()
    fi;
    wake()
  :: serial == SERIALS -> break
  od;
  received[0] == SERIALS && (mode == 2 || received[1] == SERIALS);
  rung = CHIME_CLOSING;
  if
  :: broken == 6 -> ring(); store(HOST, CLOSING, 1, SEQ_CST)
  :: else -> store(HOST, CLOSING, 1, SEQ_CST); ring()
  fi;
  wake()
}

/* Another member of the group, who moves who sleeps to a word of its own. */
proctype thief() {
end:
  do
  :: asleep[0] && !stolen[0] -> stolen[0] = 1
  od
}

/* --- waiting by a descriptor ----------------------------------------------------------------- */

bool readable;  /* a BELL lies in the client's socket */
bool says_bell; /* BELL from the client, not read yet */
bool host_mutex, polls, has_followers;
byte answered_arm;

inline lock() { atomic { !host_mutex -> host_mutex = 1 } }
inline unlock(unlocker) { atomic { drain(unlocker); host_mutex = 0 } }

inline ring_bell_locked(ringer) {
  if
  :: polls ->
    load_seq_cst(ringer, ARMED, armed);
    if
    :: armed != 0 && armed != answered_arm -> atomic { drain(ringer); readable = 1; answered_arm = armed }
    :: else
    fi;
    armed = 0
  :: else
  fi
}

/* has_followers_ is loaded relaxed, so perhaps before newest is visible; not before the mutex was had */
proctype publisher() {
  byte serial = 0, armed = 0;
  bool follows = 0;
  do
  :: serial < SERIALS ->
    serial++;
    lock();
    store(HOST, NEWEST, serial, ORDER(SEQ_CST, 10, RELEASE));
    if
    :: broken == 10 -> has_followers -> ring_bell_locked(HOST) /* in the same turn, without a barrier */
    :: broken == 10 -> !has_followers
    :: broken != 10 -> follows = has_followers
    :: broken != 10
    fi;
    unlock(HOST);
    if
    :: broken == 10
    :: else ->
      if
      :: !follows -> follows = has_followers
      :: else
      fi;
      if
      :: follows -> lock(); ring_bell_locked(HOST); unlock(HOST)
      :: else
      fi
    fi;
    follows = 0
  :: serial == SERIALS -> break
  od
}

/* The `bell` case of handle_v2_locked, in the service thread. */
proctype service() {
  byte armed = 0;
end:
  do
  :: says_bell ->
    lock();
    says_bell = 0;
    polls = 1;
    has_followers = 1;
    if
    :: broken == 11
    :: else -> ring_bell_locked(SERVICE)
    fi;
    unlock(SERVICE)
  od
}

/* Client::Impl::try_frame, called whenever poll says so. */
proctype poller() {
  byte last = 0, newest = 0, armed = 0, slices = 2;
  bool looked = 0;
  do
  :: newest = visible[NEWEST];
    if
    :: newest > last -> last = newest /* readable at once: there may be more */
    :: else ->
      readable = 0; /* look_at_socket */
      if
      :: armed == 0 -> says_bell = 1
      :: else
      fi;
      armed++;
      store(0, ARMED, armed, ORDER(SEQ_CST, 8, RELEASE));
      if
      :: broken == 9
      :: broken == 8 -> newest = visible[NEWEST]
      :: broken != 8 && broken != 9 -> load_seq_cst(0, NEWEST, newest)
      fi;
      if
      :: newest > last -> last = newest
      :: else ->
        if
        :: slices > 0 -> slices--; readable = 0; looked = 1 /* a slice is over: wait_v2 looked at the socket */
        :: looked = 0
        fi;
        if
        :: looked && broken != 12 /* what was read may have been the bell: once more */
        :: !looked || broken == 12 ->
          if
          :: last == SERIALS -> break
          :: readable
          fi
        fi
      fi
    fi
  od
}

active proctype machine() {
  read_environment();
  atomic {
    if
    :: mode == 0 -> run host(); run waiter(0); run waiter(1)
    :: mode == 1 -> run publisher(); run service(); run poller()
    :: mode == 2 -> run host(); run waiter(0); run thief()
    fi
  };
end:
  do
  :: make_visible(HOST, NEWEST)
  :: make_visible(HOST, CHIME)
  :: make_visible(HOST, CLOSING)
  :: make_visible(0, ARMED)
  od
}
