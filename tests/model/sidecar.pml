/* SPDX-License-Identifier: MIT */
/*
 * One parked vCPU, what Xen keeps of it (is it DOWN, was it started, does an
 * NMI wait), its clients, and Linux. The steps are those of
 *   vcpu()             sidecar/kernel/main.c, job.c, job_trap.c
 *   client()           sidecar/lib: command, request, job_start, job_tend, wait, restart, move
 *   stopper()          sidecar/lib/job_end.c: of one job
 *   ringer()           sidecar/lib/job_ring.c; what it waits for is job_wait.c
 *   up() nmi() send_init()  Xen's VCPUOP_up, the x2APIC's NMI and INIT
 *   hold() release()   sidecar/lib: hold, lock
 * check.sh runs it in the forms below, and in broken forms that have to fail.
 *
 * CLIENTS n   clients that make REQUESTS requests each; LOCK: one at a time
 * LINUX n     Linux takes the vCPU whenever it is DOWN and gives it up again
 * PREPARED    Linux takes it also while it is up: it has had it before
 * STOPPER     somebody stops a job without having the lock
 * RINGS n     each job waits until it has been rung n times; somebody rings
 * TIMEOUT     a wait may end by itself
 * DIES        a client may die while it starts the vCPU again
 * ORPHANS     a client may die when it has handed a command over; the next one
 *             withdraws a job that has not begun, to have its slice
 * HOSTILE     somebody writes an impossible state, once, whenever
 * NMI_ONLY    clients have msr alone: NMIs wake, nobody says who is DOWN
 * LOOKS       they tell by Xen that Linux had it, before a deadline passes
 * NO_DEADLINE no deadline ever passes: what is not answered hangs
 * NO_STOPS    no job is told to stop
 */
#include "transitions.pml"

#ifndef CLIENTS
#define CLIENTS 1
#endif
#ifndef REQUESTS
#define REQUESTS 3
#endif
#ifndef LINUX
#define LINUX 0
#endif
#ifndef NMIS
#define NMIS 4 /* that one client sends for one STOP */
#endif
#define IMPOSSIBLE 5
#ifdef PREPARED
#define MAY_TAKE true
#else
#define MAY_TAKE !is_up
#endif
#ifdef NMI_ONLY
#define MAY_NMI true
#else
#define MAY_NMI is_up
#endif
/* Clients look after each other's work as they should. */
#define ORDERLY (CLIENTS == 1 || defined(LOCK))

mtype = { NONE, ANSWERED, RESTARTED, LOST };

/* The control page and the command page */
byte status = RUN;
byte asked;    /* whose request; 0: none */
bool is_job, is_endless;
byte answered; /* which request the answer is for; 0: none */
bool running;  /* job_state: a job can be stopped; INIT does not change it */
byte began;    /* nr_jobs: which request was the last job that has begun */
#ifdef ORPHANS
byte withdrawn; /* which request's job must not begin any more */
#endif

#ifdef RINGS
bool rung, waits; /* the doorbell */
byte work;	  /* what the rings are about, in shared memory */
#endif

/* Xen's; the vCPU was started and is about to run */
bool started = true;
bool is_up = true;
bool nmi_waits;
bool killed, sipi;
bool has_gates = true; /* whoever runs on it has loaded an IDT since INIT */

/* Linux's: sysfs says that it has the vCPU or is about to; its code is on it */
bool linux_has, linux_is_on;
bool refuses; /* hotplug/fail: its next attempt ends before that */

byte runs;   /* how often the request on the page was executed */
byte locked; /* by which client */
bool held;   /* by whoever sends NMI, INIT or SIPI */

inline store(from, to, whose)
{
	assert(LEGAL(from, to, whose));
	status = to
}

/* ---- Xen ----------------------------------------------------------------- */

inline up()
{
	is_up = is_up || started
}

/* One that waits already swallows this one, its wake too. */
inline nmi()
{
	assert(has_gates && !linux_has);
	if
	:: nmi_waits -> skip
	:: else -> nmi_waits = true; is_up = is_up || started
	fi
}

/* From here on nothing runs on the vCPU. */
inline send_init()
{
	assert(!linux_has);
	killed = true; started = false; is_up = false; nmi_waits = false;
	sipi = false; linux_is_on = false; has_gates = false
}

inline send_sipi()
{
	assert(!linux_has);
	sipi = true; started = true; is_up = true
}

/* ---- The vCPU -------------------------------------------------------------- */

proctype vcpu()
{
	byte seen, mine;
	bool stopping, late;

entry:
	{
		has_gates = true;
		d_step {
			answered = 0; running = false; began = 0;
#ifdef RINGS
			waits = false
#endif
		};
		if
		:: atomic { status == RUN -> store(RUN, IDLE, VCPU) }
		:: atomic { status != RUN -> goto dead }
		fi;
look:
		atomic { nmi_waits = false; seen = status; assert(!linux_is_on) };
		if
		:: seen == IDLE ->
			/* cli; hlt: whatever woke it before this is lost */
			is_up = false;
end_down:		is_up;
			goto look
		:: seen == RUN || seen == STOP -> skip
		:: seen == REMOVE ->
			atomic { store(REMOVE, REMOVED, VCPU) };
			goto dead
		:: seen == REMOVED || seen == IMPOSSIBLE ->
			atomic { store(status, REMOVED, VCPU) };
			goto dead
		fi;
		atomic { mine = asked; runs++; stopping = false; late = false;
#if ORDERLY && !defined(HOSTILE)
			 assert(runs == 1)
#endif
		};
		if
		:: is_job ->
#ifdef ORPHANS
			assert(mine != withdrawn);
#endif
			began = mine;
			running = true;
			/* a STOP that came before the job */
			stopping = (status != RUN);
#ifdef RINGS
			/* the job looks at its data, then waits for more */
			do
			:: work >= RINGS || stopping -> break
			:: work < RINGS && !stopping ->
#ifdef WAITS_LATE
				if
				:: atomic { rung -> rung = false }
				:: !rung ->
					waits = true;
#else
				waits = true;
				if
				:: atomic { rung -> rung = false }
				:: !rung ->
#endif
#ifdef NO_FIXUP
					/* an NMI here only returns */
					if
					:: nmi_waits -> nmi_waits = false
					:: !nmi_waits
					fi;
#endif
					/*
					 * blocked in Xen; an NMI ends that, also
					 * one that came since the look
					 */
#ifdef DIES
					/* of a client that died just before INIT */
end_wait:
#endif
					if
					:: atomic { nmi_waits ->
						nmi_waits = false;
						stopping = (status != RUN) }
#ifdef TIMEOUT
					:: skip
#endif
					fi
				fi;
				waits = false
			od;
#endif
end_job:		/* one without an end is ended by whoever started it */
			do
			:: !is_endless -> break
			:: atomic { nmi_waits ->
				nmi_waits = false;
				if
				:: status == RUN -> skip
				:: status != RUN && !stopping -> stopping = true
				/* the job has its time; one may come too early */
				:: status != RUN && stopping && !late -> late = true
				:: status != RUN && stopping -> break
				fi }
			od
		:: else
		fi;
#ifdef LATE_ANSWER
		running = false;
#else
		atomic { answered = mine; running = false };
#endif
		if
		:: atomic { status == RUN -> store(RUN, IDLE, VCPU) }
		:: atomic { status == STOP -> store(STOP, IDLE, VCPU) }
		:: atomic { status != RUN && status != STOP -> skip }
		fi;
#ifdef LATE_ANSWER
		answered = mine;
#endif
		goto look;
dead:
		is_up = false;
end_dead:	is_up;
		goto dead
	} unless { killed };
end_init:
	atomic { sipi -> sipi = false; killed = false };
	goto entry
}

/* ---- Linux ----------------------------------------------------------------- */

proctype takes()
{
	byte turns;

end_idle:
	do
	:: atomic { turns < LINUX && MAY_TAKE && !linux_has && !refuses ->
		turns++; linux_has = true };
		/* the online file is written; INIT, its own start, its IDT follow */
		atomic {
			assert(MAY_TAKE);
			killed = true; nmi_waits = false; sipi = false;
			has_gates = false;
			linux_is_on = true; started = true; is_up = true };
		has_gates = true;
		/* offlined: DOWN in Linux's own loop */
		atomic { is_up = false; linux_has = false }
	:: turns == LINUX -> break
	od
}

/* ---- Clients ---------------------------------------------------------------- */

/*
 * From here on nobody else sends NMI, INIT or SIPI, and an attempt of Linux ends
 * before it does anything (the first one; no other is looked at until release).
 */
inline hold(has)
{
#ifdef NO_HOLD
	has = !linux_has
#else
	atomic { !held ->
		if
		:: linux_has -> has = false
		:: else -> held = true; refuses = true; has = true
		fi }
#endif
}

inline release()
{
#ifdef NO_HOLD
	has = false
#else
	d_step { refuses = false; held = false; has = false }
#endif
}

/* What is sent as long as nothing has happened; never to Linux's. */
inline wake()
{
#ifdef NMI_ONLY
	hold(has);
	if
	:: has -> atomic { nmi() }; release()
	:: else
	fi
#else
	atomic {
		if
		:: linux_has -> skip
		:: else -> up()
		fi }
#endif
}

/*
 * It was DOWN, was woken, is DOWN again, and the state is still the one it was
 * woken for: nothing of the sidecar runs on it. Each look is a step of its own.
 */
inline wake_and_look()
{
	if
	:: !is_up ->
		if
		:: linux_has -> skip
		:: atomic { !linux_has ->
#ifndef ONE_LOOK
			up()
#endif
			};
			if
			:: !is_up ->
				if
				:: status == RUN -> assert(killed)
				:: else
				fi
			:: else
			fi
		fi
	:: else -> wake()
	fi
}

/*
 * Still STOP, and DOWN: a wake; else an NMI. NMI_IF: of a job that has begun.
 * What it sees and what it sends is one step.
 */
inline stop_once(nmi_if)
{
	hold(has);
	if
	:: has ->
		atomic {
			if
#ifdef NMI_TO_DOWN
			:: nmi_if -> assert(is_up); nmi()
			:: !nmi_if
#else
			:: status != STOP
#ifndef NMI_ONLY
			:: status == STOP && !is_up -> up()
#endif
			:: status == STOP && MAY_NMI && nmi_if -> nmi()
			:: status == STOP && MAY_NMI && !nmi_if
#endif
			fi };
		release()
	:: else
	fi
}

#ifdef DIES
#define MAY_DIE if :: release(); goto dead :: skip fi
#else
#define MAY_DIE skip
#endif

/* INIT, SIPI; LOST if Linux has it, or it does not come in time. */
inline start_again()
{
	hold(has);
	if
	:: !has -> result = LOST
	:: has ->
		has = false;
		atomic { store(status, REMOVED, CLIENT) };
		MAY_DIE;
		atomic { send_init() };
		MAY_DIE;
		atomic {
#ifndef STALE_JOB
			running = false;
#endif
			store(status, RUN, CLIENT) };
		MAY_DIE;
		atomic { send_sipi() };
		MAY_DIE;
		if
		:: status == IDLE -> result = RESTARTED
#if LINUX || defined(HOSTILE) || !ORDERLY
		:: status != IDLE ->
			result = LOST;
			atomic { store(status, REMOVED, CLIENT) };
			atomic { send_init() }
#endif
		fi;
		release()
	fi
}

#ifdef ORPHANS
#define MAY_ORPHAN if :: goto dead :: skip fi
#else
#define MAY_ORPHAN skip
#endif

#ifdef BLIND_WITHDRAW
#define IS_UP false
#else
#define IS_UP is_up
#endif
/* Nobody has begun it, and nobody else can wake the vCPU: a step for each look. */
inline withdraw()
{
	atomic { !held -> held = true };
	if
	:: running || !is_job -> skip
	:: !running && is_job ->
		if
		:: IS_UP -> skip
		:: !IS_UP ->
			atomic {
				if
				:: status == RUN || status == STOP ->
					withdrawn = asked;
					store(status, IDLE, CLIENT)
				:: else
				fi }
		fi
	fi;
	held = false
}

/* The swap alone is held: for others it is one step. */
#ifdef BLIND_START
#define MAY_START true
#else
#define MAY_START !held
#endif
#ifdef ANY_JOB
#define MEANT true
#else
#define MEANT began == meant
#endif

#ifdef LOCK
#define TAKE atomic { locked == 0 -> locked = me }
#define DROP locked = 0
#else
#define TAKE skip
#define DROP skip
#endif

proctype client(byte me)
{
	byte nr, nmis;
	bool job, stop, endless, again, has;
	mtype result;

	do
	:: nr == REQUESTS -> break
	:: nr < REQUESTS ->
		nr++;
		again = false;
		TAKE;
		if
		:: job = false; stop = false; endless = false
		:: job = true; stop = false; endless = false
#ifndef NO_STOPS
		:: job = true; stop = true; endless = false
		:: job = true; stop = true; endless = true
#endif
		fi;
send:
		result = NONE;
		nmis = 0;
#ifdef ORPHANS
		withdraw();
#endif
		/* it leaves the sidecar, and comes back by the next request */
		if
		:: atomic { status == IDLE && !linux_has && !again ->
			store(IDLE, REMOVE, CLIENT) };
			do
			:: status != REMOVE -> break
			:: status == REMOVE && linux_has -> break
			:: status == REMOVE && !linux_has -> wake()
#ifndef NO_DEADLINE
			:: status == REMOVE -> break
#endif
			od;
			goto done
		:: status == IDLE -> skip
		:: linux_has -> goto done
		:: status != IDLE && !linux_has ->
#if !ORDERLY
			if
			:: goto done /* it is another's: busy */
			:: skip
			fi;
#endif
			/* nobody's any more: REMOVED, or a dead client's */
			start_again();
			if
			:: result == LOST -> goto done
			:: else -> result = NONE
			fi
		fi;
		atomic { asked = me * 16 + nr; is_job = job; is_endless = endless };
		atomic { answered = 0; runs = 0 };
		if
		:: atomic { MAY_START && status == IDLE ->
			store(IDLE, RUN, CLIENT) }
		:: status != IDLE -> goto done
		fi;
		MAY_ORPHAN;
#ifdef ONE_WAKE
		wake();
#endif
		do
		:: status != RUN && status != STOP -> break
		:: linux_has -> goto done
#ifdef LOOKS
		:: status == RUN && !linux_has -> wake_and_look()
#elif !defined(ONE_WAKE)
		:: status == RUN && !linux_has && !running -> wake()
#endif
#ifdef ORPHANS
		:: status == RUN || status == STOP -> goto dead
#endif
#ifdef BLIND_STOP
		:: stop && running && status == RUN -> status = STOP
#else
		:: atomic { stop && running && status == RUN ->
			store(RUN, STOP, CLIENT) }
#endif
#ifdef NO_DEADLINE
		:: status == STOP && !linux_has -> stop_once(true)
#else
		:: status == STOP && !linux_has && nmis < NMIS ->
			nmis++;
			stop_once(true)
#endif
#if !defined(NO_DEADLINE) && !defined(NO_RECOVERY)
		:: status == RUN || status == STOP ->
			start_again();
			if
			:: result == LOST -> goto done
			:: result == RESTARTED && !again && !job ->
				again = true;
				goto send
			:: else -> break
			fi
#endif
		od;
		if
		:: result == NONE && status == IDLE ->
#if ORDERLY && !defined(HOSTILE)
			assert(answered == me * 16 + nr);
#endif
			result = ANSWERED
		:: else -> skip
		fi;
progress_done:
done:
		DROP
	od;
	goto out;
dead:
	DROP;
out:
	skip
}

#ifdef STOPPER
proctype stopper()
{
	byte nmis, meant;
	bool has, begun;

end_idle:
	running;
	meant = began;
end_look:
	running && status == RUN;
	/* it may be another one that runs by now */
#ifdef NO_HOLD
	atomic { status == RUN -> store(RUN, STOP, CLIENT) };
#else
	atomic { !held -> held = true };
	begun = running;
	begun = begun && MEANT;
	atomic {
		if
		:: begun && status == RUN ->
			assert(asked == meant);
			store(RUN, STOP, CLIENT)
		:: else
		fi };
	d_step { held = false; begun = false; meant = 0 };
#endif
	do
	:: status != STOP -> break
	:: status == STOP && nmis < NMIS -> nmis++; stop_once(running)
	:: status == STOP -> break /* its deadline */
	od
}
#endif

#ifdef RINGS
/*
 * The byte first, then the look whether the job waits: the vCPU does it in the
 * other order. The NMI is held, and for a job that is looked at again.
 */
proctype ringer()
{
	byte nr;
	bool has, saw;

	do
	:: nr == RINGS -> break
	:: nr < RINGS ->
		nr++;
		work++;
#ifdef RINGS_LATE
		saw = waits;
		rung = true;
#else
		rung = true;
		saw = waits;
#endif
		if
		:: !saw -> skip
		:: saw ->
			hold(has);
			if
			:: has ->
				atomic {
					if
#ifdef RINGS_BLIND
					:: true -> assert(is_up); nmi()
#else
					:: status == RUN && running && waits &&
					   MAY_NMI -> nmi()
					:: !(status == RUN && running && waits &&
					     MAY_NMI)
#endif
					fi };
				release()
			:: !has
			fi
		fi
	od
}
#endif

#ifdef HOSTILE
proctype hostile()
{
	atomic { status = IMPOSSIBLE }
}
#endif

init {
	atomic {
		run vcpu();
		run client(1);
#if CLIENTS > 1
		run client(2);
#endif
#if LINUX
		run takes();
#endif
#ifdef STOPPER
		run stopper();
#endif
#ifdef RINGS
		run ringer();
#endif
#ifdef HOSTILE
		run hostile()
#endif
	}
}
