package errcode

// What is wrong with pushing metrics (metrics.remote_write).
const (
	PushFails   Code = "EDG-PUSH-001"
	PushRefused Code = "EDG-PUSH-002"
)

func pushing() []Entry {
	return []Entry{
		{
			PushFails, "", "The receiver of metrics does not take them now",
			"It cannot be reached, asks to wait, or has a fault of its own. What is measured waits in RAM, up to metrics.remote_write.buffer_samples and buffer_age.",
			nothing,
			"The log has the answer. No answer: look at network, URL, CA file and the receiver. It comes back by itself; what did not fit meanwhile is a hole in the graphs.", first,
		},
		{
			PushRefused, "", "The receiver of metrics refuses them for good",
			"Its answer says that sending them again would change nothing: a wrong password or token (401, 403), a wrong URL (404), or samples it has no place for (400).",
			nothing,
			"The log has the answer. \"out of order\" or \"out of bounds\" after an outage: the receiver needs out_of_order_time_window, see docs/push.md. Else mend the keys of metrics.remote_write and restart edged.", first,
		},
	}
}
