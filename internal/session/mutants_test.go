package session

// What the tests of this package have been seen to notice. Each line is a change of a line
// or two that was made on purpose; after each at least one test failed, and it was undone.
// Whoever adds a rule adds the mutants that break it.
//
//	acks        inside a lesson of ours; before the rows of the read are applied; of tables
//	            that are refused; under an id that belongs to another table by now
//	confirms    two for an answer; none for an answer not asked for; behind the lesson that
//	            waited for it; without bound in one Append
//	pupil       no request; a request while one is outstanding; no flapping rule; 200 without
//	            the request; drop on PARTIAL; drop while the peer's request is open; an answer
//	            not asked for ends a lesson; no retry after PARTIAL; retries for ever; no lesson
//	            after a restore, or after one that could not decide; the request in front of
//	            the acks; End complete for an aggregator's PARTIAL, or not for a node's
//	process     the same process id is enough; it is the same although it has asked; although
//	            we called; although it said no process id; what another process had is kept;
//	            no Resume; signed and unsigned comparison of ids instead of serial numbers;
//	            ids in lessons count as heard; an ack of a replay makes the last ack go back
//	guard       none; without end; not for a node's request; for an aggregator's; not ended by
//	            the same process; ended by a FINISHED while the request is open; what was held
//	            back is not asked for
//	teacher     the answer is not held; held for ever; held from an aggregator; rows do not
//	            prolong the hold; the hold ignores that our request is late; restore before the
//	            peer's lesson has ended; pushes while it waits; a second request is ignored; the
//	            first confirm stands for the second answer; no end without a confirm; acks are
//	            obeyed in its lesson
//	handshake   the request with the hello; 502 forgotten; 2.0 for ever; lives for a 2.0 peer; no
//	            limit for the status
//	time        no heartbeats; no early ones; nudges hold each other back; dead without ever a
//	            heartbeat; never dead; bytes are no sign of life; dead although bytes wait; timers
//	            that stay due
//	tables      rows go to the new definition; a repeated definition is announced, or parsed;
//	            old ids stay known; an unknown switch keeps the table; incremental ids count over
//	            all tables; tables without bound
//	batches     one for all circumstances; one for all tables; without bound; rows before a fault
//	            are lost; rows that are refused allocate
//	output      a definition is not repeated for another table, or for a change; runs that are
//	            no messages go out; without bound
//	faults      01 00 for a message that is too large; no last words; last words instead of a
//	            status; class 255 skipped; a complaint of the peer ends the session
