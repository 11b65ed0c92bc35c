/*
 * The choreography of orders, as a model that spin checks exhaustively.
 *
 * Each order has the state of its order, payment and reservation, and its messages under way. Any message may be handled next, so the model
 * has every order of arrival. A handler is one atomic step: its rows and its messages commit together. A call of the provider is a step
 * apart from the one that records the answer, and a lost answer leaves open whether the provider acted.
 *
 * Assumptions: a message that was sent is handled in the end; the provider answers in the end (LOST answers are lost at most), and reports
 * what it does of its own accord.
 *
 * The comments with arrows are compared with the tables of transitions in the code.
 *
 *   ORDERS      orders that want one unit each of the same product
 *   STOCK       units of it
 *   DUPLICATES  messages that are handled twice
 *   LOST        calls of the provider whose answer is lost
 *   PATIENT     customers do not cancel, and orders do not expire: for larger numbers of orders
 *   MOODS       times that the provider changes its mind or refunds of its own accord
 *   WITHOUT_…   takes a rule out: the model must then fail
 */
#ifndef ORDERS
#define ORDERS 1
#endif
#ifndef STOCK
#define STOCK 1
#endif
#ifndef DUPLICATES
#define DUPLICATES 1
#endif
#ifndef LOST
#define LOST 1
#endif
#ifndef MOODS
#define MOODS 1
#endif

mtype:order = { PENDING, CONFIRMED, CANCELLING, CANCELLED };
mtype:reason = { NO_REASON, OUT_OF_STOCK, PAYMENT_DECLINED, EXPIRED, CUSTOMER, SHOP };
mtype:payment = { NO_PAYMENT, STARTED, UNKNOWN, COMPLETED, FAILED, REFUNDING, REFUNDED };
mtype:reservation = { NO_RESERVATION, RESERVED, REJECTED, COMMITTED, RELEASED };
mtype:charge = { NO_CHARGE, CAPTURED, DECLINED };
mtype:answer = { NO_ANSWER, SAYS_CAPTURED, SAYS_DECLINED, NOT_SENT, SILENT };

typedef Order {
  /* Orders */
  mtype:order status = PENDING;                                 /* [*] --> PENDING: OrderPlaced */
  mtype:reason reason = NO_REASON;
  bit hasRejected, hasReleased, hasCompleted, hasFailed, hasRefunded;
  bit mayCancel = 1;

  /* Products */
  mtype:reservation reservation = NO_RESERVATION;

  /* Payments: the policy, and the payment */
  bit placed, reserved, rejected, cancelled;
  mtype:payment payment = NO_PAYMENT;
  byte chargesSent;
  bit orderCancelled;

  /* the provider */
  mtype:charge charge = NO_CHARGE;
  bit moneyIsBack;

  /* messages under way, by subscriber */
  bit watch = 1;
  bit placedToProducts = 1, placedToPayments = 1;
  bit reservedToOrders, reservedToPayments, rejectedToOrders, rejectedToPayments, releasedToOrders, committedToOrders;
  bit completedToOrders, failedToOrders, failedToProducts, refundedToOrders;
  bit confirmedToProducts, cancelledToProducts, cancelledToPayments;
  bit chargePayment, resolvePayment, refundPayment, chargeReported, refundReported;
  mtype:answer chargeAnswer = NO_ANSWER;
  mtype:answer resolveAnswer = NO_ANSWER;
  bit refundAnswer;
};

Order orders[ORDERS];
short stock = STOCK;
byte duplicates = DUPLICATES;
byte lost = LOST;
byte moods = MOODS;

#define o orders[id]
#define awaitsCompensation (o.reason == CUSTOMER || o.reason == EXPIRED || o.reason == SHOP)
#define isMoneyBack (o.hasRefunded || (o.hasFailed && !o.hasCompleted))
#define isCompensated (o.hasRejected || (o.hasReleased && isMoneyBack))
#define isFinal (o.status == CONFIRMED || o.status == CANCELLED)
#define isOpen (o.payment == STARTED || o.payment == UNKNOWN)

#define isIdle (!(o.watch || o.placedToProducts || o.placedToPayments || o.reservedToOrders || o.reservedToPayments \
  || o.rejectedToOrders || o.rejectedToPayments || o.releasedToOrders || o.committedToOrders || o.completedToOrders || o.failedToOrders \
  || o.failedToProducts || o.refundedToOrders || o.confirmedToProducts || o.cancelledToProducts || o.cancelledToPayments \
  || o.chargePayment || o.resolvePayment || o.refundPayment || o.chargeReported || o.refundReported || o.refundAnswer \
  || o.chargeAnswer != NO_ANSWER || o.resolveAnswer != NO_ANSWER) && o.status != PENDING)

/* Takes a message off its queue, or has it delivered once more. */
inline take(message) {
  if
  :: message = 0
  :: duplicates > 0 -> duplicates--
  fi
}

/* ---------------------------------------------------------------- Orders */

inline cancel(why) {
  o.reason = why;
  if
  :: isCompensated -> o.status = CANCELLED
  :: else -> o.status = CANCELLING
  fi;
  o.cancelledToProducts = 1;
  o.cancelledToPayments = 1
}

inline compensated() {
  if
  :: o.status == CANCELLING && isCompensated -> o.status = CANCELLED
  :: else -> skip
  fi
}

inline ordersHandles() {
  if
  :: o.watch -> take(o.watch)
  :: o.reservedToOrders -> take(o.reservedToOrders)
  :: o.committedToOrders -> take(o.committedToOrders)

  :: o.rejectedToOrders -> take(o.rejectedToOrders); o.hasRejected = 1;
     if
     :: o.status == PENDING -> cancel(OUT_OF_STOCK)             /* PENDING --> CANCELLED: StockRejected */
     :: o.status == CONFIRMED -> assert(false)
     :: else -> compensated()                                   /* CANCELLING --> CANCELLED: StockRejected */
     fi

  :: o.releasedToOrders -> take(o.releasedToOrders); o.hasReleased = 1;
     compensated()                                              /* CANCELLING --> CANCELLED: StockReleased */

  :: o.completedToOrders -> take(o.completedToOrders); o.hasCompleted = 1;
     if
     :: o.status == PENDING ->                                  /* PENDING --> CONFIRMED: PaymentCompleted */
        o.status = CONFIRMED; o.confirmedToProducts = 1
     :: else -> skip
     fi

  :: o.failedToOrders -> take(o.failedToOrders); o.hasFailed = 1;
     if
     :: o.status == PENDING -> cancel(PAYMENT_DECLINED)         /* PENDING --> CANCELLING: PaymentFailed */
                                                                /* PENDING --> CANCELLED: PaymentFailed */
#ifdef WITHOUT_LATE_FAILURES
     :: o.status == CONFIRMED -> assert(false)
#endif
     :: else -> compensated()                                   /* CANCELLING --> CANCELLED: PaymentFailed */
     fi

  :: o.refundedToOrders -> take(o.refundedToOrders); o.hasRefunded = 1;
     if
     :: o.status == PENDING || o.status == CONFIRMED -> cancel(SHOP)
                                                                /* PENDING --> CANCELLING: PaymentRefunded */
                                                                /* PENDING --> CANCELLED: PaymentRefunded */
                                                                /* CONFIRMED --> CANCELLING: PaymentRefunded */
                                                                /* CONFIRMED --> CANCELLED: PaymentRefunded */
     :: else -> compensated()                                   /* CANCELLING --> CANCELLED: PaymentRefunded */
     fi

#ifndef PATIENT
  /* The timeout is due while the order is pending; later it is discarded. */
  :: o.status == PENDING && !o.watch -> cancel(EXPIRED)
                                                                /* PENDING --> CANCELLING: Expired */
                                                                /* PENDING --> CANCELLED: Expired */

  /* A request of the customer. */
  :: o.mayCancel && (o.status == PENDING || o.status == CONFIRMED) -> o.mayCancel = 0; cancel(CUSTOMER)
                                                                /* PENDING --> CANCELLING: CancelRequested */
                                                                /* PENDING --> CANCELLED: CancelRequested */
                                                                /* CONFIRMED --> CANCELLING: CancelRequested */
                                                                /* CONFIRMED --> CANCELLED: CancelRequested */
#endif
  fi
}

/* -------------------------------------------------------------- Products */

inline productsHandles() {
  if
  :: o.placedToProducts -> take(o.placedToProducts);
     if
#ifdef WITHOUT_TOMBSTONE
     :: (o.reservation == NO_RESERVATION || o.reservation == RELEASED) && stock > 0 ->
#else
     :: o.reservation == NO_RESERVATION && stock > 0 ->         /* [*] --> RESERVED: OrderPlaced */
#endif
        stock--; o.reservation = RESERVED; o.reservedToOrders = 1; o.reservedToPayments = 1
     :: o.reservation == NO_RESERVATION && stock <= 0 ->        /* RESERVED --> REJECTED: ShortageFound */
#ifdef WITHOUT_STOCK_CHECK
        stock--; o.reservation = RESERVED; o.reservedToOrders = 1; o.reservedToPayments = 1
#else
        o.reservation = REJECTED; o.rejectedToOrders = 1; o.rejectedToPayments = 1
#endif
     :: else -> skip
     fi

  :: o.confirmedToProducts -> take(o.confirmedToProducts);
     if
     :: o.reservation == RESERVED ->                            /* RESERVED --> COMMITTED: OrderConfirmed */
        o.reservation = COMMITTED; o.committedToOrders = 1
     :: o.reservation == COMMITTED || o.reservation == RELEASED -> skip
     :: else -> assert(false)
     fi

  :: o.cancelledToProducts -> take(o.cancelledToProducts);
     if
     :: o.reservation == NO_RESERVATION ->                      /* [*] --> RELEASED: OrderCancelled */
        o.reservation = RELEASED;
        if
        :: awaitsCompensation -> o.releasedToOrders = 1
        :: else -> skip
        fi
     :: o.reservation == RESERVED || o.reservation == COMMITTED ->
                                                                /* RESERVED --> RELEASED: OrderCancelled */
                                                                /* COMMITTED --> RELEASED: OrderCancelled */
        stock++; o.reservation = RELEASED; o.releasedToOrders = 1
#ifdef WITHOUT_RELEASING_ONCE
     :: o.reservation == RELEASED -> stock++
#endif
     :: else -> skip
     fi

  :: o.failedToProducts -> take(o.failedToProducts);
     if
     :: o.reservation == NO_RESERVATION ->                      /* [*] --> RELEASED: PaymentFailed */
        o.reservation = RELEASED; o.releasedToOrders = 1
     :: o.reservation == RESERVED ->                            /* RESERVED --> RELEASED: PaymentFailed */
        stock++; o.reservation = RELEASED; o.releasedToOrders = 1
#ifdef WITHOUT_LATE_FAILURES
     :: o.reservation == COMMITTED -> assert(false)
#endif
     :: else -> skip
     fi
  fi
}

/* -------------------------------------------------------------- Payments */

inline chargeWhenAllowed() {
  if
#ifdef WITHOUT_WAITING_FOR_STOCK
  :: o.placed && !o.rejected && !o.cancelled && o.payment == NO_PAYMENT ->
#else
  :: o.placed && o.reserved && !o.rejected && !o.cancelled && o.payment == NO_PAYMENT ->
#endif
     o.payment = STARTED; o.chargePayment = 1                   /* [*] --> PENDING: ChargeAllowed */
  :: else -> skip
  fi
}

inline fail() { o.payment = FAILED; o.failedToOrders = 1; o.failedToProducts = 1 }

inline requestRefund() {
  if
  :: o.payment == COMPLETED -> o.payment = REFUNDING; o.refundPayment = 1  /* COMPLETED --> REFUNDING: RefundRequested */
  :: else -> skip
  fi
}

inline refunded() { o.payment = REFUNDED; o.refundedToOrders = 1 }

inline recordCaptured(wasFailed) {
  o.payment = COMPLETED; o.completedToOrders = 1;
  if
#ifndef WITHOUT_REFUND_OF_LATE_CHARGE
  :: o.orderCancelled || wasFailed -> requestRefund()
#endif
  :: else -> skip
  fi
}

inline record(says) {
  if
  :: says == SAYS_CAPTURED && isOpen -> recordCaptured(0)       /* PENDING --> COMPLETED: ChargeSucceeded */
                                                                /* UNKNOWN --> COMPLETED: ChargeSucceeded */
  :: says == SAYS_DECLINED && isOpen -> fail()                  /* PENDING --> FAILED: ChargeFailed */
                                                                /* UNKNOWN --> FAILED: ChargeFailed */
  :: else -> skip
  fi
}

inline askLater() {
  if
  :: isOpen -> o.payment = UNKNOWN; o.resolvePayment = 1        /* PENDING --> UNKNOWN: ChargeUnanswered */
  :: else -> skip
  fi
}

inline unanswered() {
  if
  :: !isOpen -> skip
  :: isOpen && o.orderCancelled && o.chargesSent > 0 -> skip
  :: isOpen && o.orderCancelled && o.chargesSent == 0 -> fail()
  :: isOpen && !o.orderCancelled -> o.chargePayment = 1         /* tries again */
  :: isOpen && !o.orderCancelled && o.chargesSent == 0 -> fail()
  :: isOpen && !o.orderCancelled && o.chargesSent > 0 -> askLater()
  fi
}

inline paymentsHandles() {
  if
  :: o.placedToPayments -> take(o.placedToPayments); o.placed = 1; chargeWhenAllowed()
  :: o.reservedToPayments -> take(o.reservedToPayments); o.reserved = 1; chargeWhenAllowed()
  :: o.rejectedToPayments -> take(o.rejectedToPayments); o.rejected = 1

  :: o.cancelledToPayments -> take(o.cancelledToPayments);
     if
     :: o.payment == NO_PAYMENT ->
        if
        :: !o.cancelled && awaitsCompensation -> o.failedToOrders = 1; o.failedToProducts = 1
        :: else -> skip
        fi;
#ifndef WITHOUT_CANCELLED_POLICY
        o.cancelled = 1
#endif
     :: isOpen && o.chargesSent > 0 -> o.orderCancelled = 1; o.resolvePayment = 1
     :: isOpen && o.chargesSent == 0 -> fail()
     :: else -> requestRefund()
     fi

  /* Counts the request, in a transaction of its own. */
  :: o.chargePayment && o.chargeAnswer == NO_ANSWER -> o.chargePayment = 0;
     if
     :: isOpen && !o.orderCancelled -> o.chargesSent++; o.chargeAnswer = SILENT
     :: else -> skip
     fi
  :: o.chargeAnswer == SAYS_CAPTURED || o.chargeAnswer == SAYS_DECLINED -> record(o.chargeAnswer); o.chargeAnswer = NO_ANSWER
  :: o.chargeAnswer == NOT_SENT -> o.chargesSent--; o.chargeAnswer = NO_ANSWER; unanswered()

  :: o.resolveAnswer == SAYS_CAPTURED || o.resolveAnswer == SAYS_DECLINED -> record(o.resolveAnswer); o.resolveAnswer = NO_ANSWER

  /* What the provider reports of its own accord; where it contradicts itself, it is asked what holds. */
  :: o.chargeReported -> o.chargeReported = 0;
     if
     :: o.charge == CAPTURED && o.payment == FAILED -> recordCaptured(1)
                                                                /* FAILED --> COMPLETED: ChargeSucceeded */
     :: o.charge == DECLINED && (o.payment == COMPLETED || o.payment == REFUNDING) -> refunded()
                                                                /* COMPLETED --> REFUNDED: ChargeReversed */
                                                                /* REFUNDING --> REFUNDED: ChargeReversed */
     :: o.charge == CAPTURED && isOpen -> recordCaptured(0)
     :: o.charge == DECLINED && isOpen -> fail()
     :: else -> skip
     fi
  :: o.refundReported -> o.refundReported = 0;
     if
     :: o.payment == COMPLETED || o.payment == REFUNDING -> refunded()
                                                                /* COMPLETED --> REFUNDED: RefundSucceeded */
     :: else -> skip
     fi

  :: o.refundAnswer -> o.refundAnswer = 0;
     if
     :: o.payment == REFUNDING -> refunded()                    /* REFUNDING --> REFUNDED: RefundSucceeded */
     :: else -> skip
     fi

  /* The shop cancels the payment. */
  :: moods > 0 && o.payment == COMPLETED -> moods--; requestRefund()
  fi
}

/* ---------------------------------------------------------- the provider */

inline capture() {
  assert(o.placed && o.reserved);
  o.charge = CAPTURED
}

inline answerCharge(says) {
  if
  :: o.charge == CAPTURED -> says = SAYS_CAPTURED
  :: o.charge == DECLINED -> says = SAYS_DECLINED
  :: o.charge == NO_CHARGE -> capture(); says = SAYS_CAPTURED
  :: o.charge == NO_CHARGE -> o.charge = DECLINED; says = SAYS_DECLINED
  fi
}

inline providerActs() {
  if
  :: o.chargeAnswer == SILENT ->
     if
     :: answerCharge(o.chargeAnswer)
     :: lost > 0 -> lost--; o.chargeAnswer = NOT_SENT
     :: lost > 0 -> lost--; o.chargeAnswer = NO_ANSWER; unanswered()          /* nothing arrived */
     :: lost > 0 -> lost--; answerCharge(o.chargeAnswer); o.chargeAnswer = NO_ANSWER; unanswered()
     fi

  :: o.resolvePayment && o.resolveAnswer == NO_ANSWER -> o.resolvePayment = 0;
     if
     :: !isOpen -> skip
     :: isOpen && o.charge == CAPTURED -> o.resolveAnswer = SAYS_CAPTURED
     :: isOpen && o.charge == DECLINED -> o.resolveAnswer = SAYS_DECLINED
     :: isOpen && o.charge == NO_CHARGE -> o.charge = DECLINED; o.resolveAnswer = SAYS_DECLINED   /* the key is closed */
     :: isOpen && o.charge == NO_CHARGE && !o.orderCancelled -> answerCharge(o.resolveAnswer)
     :: isOpen && lost > 0 -> lost--; askLater()
     fi

  :: o.refundPayment && !o.refundAnswer -> o.refundPayment = 0;
     if
     :: o.payment == REFUNDING ->
        assert(o.charge == CAPTURED || o.moneyIsBack || o.charge == DECLINED);
        o.moneyIsBack = 1; o.refundAnswer = 1
     :: else -> skip
     fi

  /* A refund at the provider's dashboard, and a charge that it declines after all, or captures after all. */
  :: moods > 0 && o.charge == CAPTURED && !o.moneyIsBack && !isOpen -> moods--; o.moneyIsBack = 1; o.refundReported = 1
  :: moods > 0 && o.charge == CAPTURED && !o.moneyIsBack -> moods--; o.charge = DECLINED; o.chargeReported = 1
  :: moods > 0 && o.charge == DECLINED && o.chargesSent > 0 && o.payment == FAILED -> moods--; o.charge = CAPTURED; o.chargeReported = 1
  fi
}

/* -------------------------------------------------- the books in the end */

#define moneyIsHeld (o.charge == CAPTURED && !o.moneyIsBack)

inline booksBalance() {
  assert(isFinal);
  if
  :: o.status == CONFIRMED ->
     assert(moneyIsHeld && o.payment == COMPLETED);
     assert(o.reservation == COMMITTED)
  :: else ->
     assert(!moneyIsHeld);
     assert(o.payment == NO_PAYMENT || o.payment == FAILED || o.payment == REFUNDED);
     assert(o.reservation == REJECTED || o.reservation == RELEASED)
  fi
}

byte finished;

proctype Life(byte id) {
end:
  do
  :: atomic { ordersHandles() }
  :: atomic { productsHandles() }
  :: atomic { paymentsHandles() }
  :: atomic { providerActs() }
  :: atomic { isIdle -> booksBalance(); finished++; break }
  od
}

active proctype Stock() {
  atomic { finished == ORDERS -> skip };
  byte id = 0;
  short held = 0;
  atomic {
    do
    :: id < ORDERS ->
       if
       :: o.reservation == RESERVED || o.reservation == COMMITTED -> held++
       :: else -> skip
       fi;
       id++
    :: else -> break
    od;
    assert(stock >= 0);
    assert(stock + held == STOCK)
  }
}

init {
  byte n = 0;
  atomic {
    do
    :: n < ORDERS -> run Life(n); n++
    :: else -> break
    od
  }
}
