; The works of peers/run.ts by the RAWSOCK module of GNU CLISP.
(require "rawsock")

(defparameter *bursts* (parse-integer (first *args*)))

(defun bytes (size)
  (make-array size :element-type '(unsigned-byte 8) :initial-element 0))

(defun since (begin count)
  (/ (* 1d9 (- (get-internal-real-time) begin)) internal-time-units-per-second count))

(defun transfer (a b bursts)
  (declare (compile))
  (let ((data (bytes 64)) (room (bytes 64)) (begin (get-internal-real-time)))
    (dotimes (burst bursts)
      (dotimes (index 64) (rawsock:send a data))
      (dotimes (index 64) (rawsock:recv b room)))
    (since begin (* 64 bursts))))

(defun loopback () (rawsock:make-sockaddr :inet #(0 0 127 0 0 1 0 0 0 0 0 0 0 0)))

(defun udp ()
  (let ((socket (rawsock:socket :inet :dgram nil)))
    (rawsock:bind socket (loopback))
    socket))

(defun name-of (socket)
  (nth-value 0 (rawsock:getsockname socket (rawsock:make-sockaddr :inet))))

(defun sum (count)
  (declare (compile))
  (let ((frame (bytes 1500)))
    (setf (aref frame 12) 8 (aref frame 14) #x45 (aref frame 16) (ash 1486 -8)
          (aref frame 17) (logand 1486 255) (aref frame 23) 6 (aref frame 46) #x50)
    (let ((begin (get-internal-real-time)))
      (dotimes (index count) (rawsock:tcpcsum frame))
      (since begin count))))

(defun interfaces (count)
  (declare (compile))
  (let ((begin (get-internal-real-time)))
    (dotimes (index count) (rawsock:ifaddrs))
    (since begin count)))

(multiple-value-bind (a b) (rawsock:socketpair :unix :dgram nil)
  (let ((x (udp)) (y (udp)))
    (rawsock:connect x (name-of y))
    (rawsock:connect y (name-of x))
    (format t "{\"unix\":~,1f,\"udp\":~,1f,\"checksum\":~,1f,\"interfaces\":~,1f}~%"
            (transfer a b *bursts*) (transfer x y *bursts*) (sum (* 64 *bursts*))
            (interfaces *bursts*))))
