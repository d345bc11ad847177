"""What answers about batches look like: one function per shape, each giving a plain dict."""

from collections.abc import Mapping, Sequence
from typing import Any

from batches.lists import ShownLine, coupons_of, named_cells
from batches.models import ACTIVE, WITH_COUPONS, Batch, Kind, Refusal
from batches.pool import EXISTS, TWICE_SENTENCE
from batches.progress import Progress
from couponadmin.errors import ErrorCode
from couponadmin.times import api_date, api_time, local_date
from issuance.models import Coupon

Json = dict[str, Any]

# What numbers mean in background work; sentences in single lines may say more.
SENTENCES: dict[int, str] = {
    **{code.number: code.sentence for code in ErrorCode},
    ErrorCode.INPUT.number: "The line is not what was expected",
    ErrorCode.CODE_TWICE.number: TWICE_SENTENCE,
    EXISTS: "The code exists already",
    500: "The line could not be worked on",
}
OTHERS: dict[str, str] = {Kind.CUSTOMERS: "updated", Kind.HOLDERS: "existing"}


def batch_object(it: Progress, reasons: Mapping[int, int], worker_trouble: str = "") -> Json:
    """A batch, how far it is, and what was refused."""
    batch = it.batch
    waiting = [worker_trouble] if worker_trouble and batch.state in ACTIVE else []
    return {
        "id": batch.pk,
        "kind": batch.kind,
        "state": batch.state,
        "seriesIds": batch.series_ids,
        "count": batch.count,
        "fileName": batch.file_name,
        "lines": batch.lines,
        "total": batch.total,
        "issued": it.issued,
        "refused": it.refused,
        **novelties(it),
        "percent": it.percent,
        "rate": round(it.rate, 1),
        "eta": it.eta,
        "reasons": reason_objects(reasons),
        "dryRun": batch.check_report and check_object(batch.check_report),
        **times(batch),
        "failure": batch.failure or None,
        "warnings": batch.warnings + waiting,
    }


def listed(it: Progress, worker_trouble: str) -> Json:
    shown = batch_object(it, {}, worker_trouble)
    del shown["reasons"]
    return shown


def novelties(it: Progress) -> Json:
    """How many were new, and what the others are called."""
    if it.batch.kind not in OTHERS:
        return {}
    return {"created": it.created, OTHERS[it.batch.kind]: it.issued - it.created}


def times(batch: Batch) -> Json:
    named = {
        "createdOn": batch.created_at,
        "startedOn": batch.started_at,
        "finishedOn": batch.finished_at,
    }
    return {name: api_time(moment) for name, moment in named.items()}


def reason_objects(reasons: Mapping[int, int]) -> list[Json]:
    return [
        {"code": code, "message": SENTENCES.get(code, ""), "count": count}
        for code, count in reasons.items()
    ]


def check_object(report: Json) -> Json:
    """What a dry run found."""
    counts = {int(code): count for code, count in report["reasons"].items()}
    ordered = dict(sorted(counts.items(), key=lambda item: -item[1]))
    figures = {name: count for name, count in report.items() if name != "examples"}
    return figures | {"reasons": reason_objects(ordered)}


def list_object(batches: Sequence[Progress], total: int, worker_trouble: str) -> Json:
    """Batches without the reasons of their refusals, which would be counted for each."""
    return {
        "batches": [listed(it, worker_trouble) for it in batches],
        "total": total,
        "warnings": [worker_trouble] if worker_trouble else [],
    }


def lines_object(batch: Batch, lines: Sequence[ShownLine]) -> Json:
    """Lines with what came of them; `next` is the `after` of the page that follows."""
    coupons = coupons_of(lines) if batch.kind in WITH_COUPONS else {}
    return {
        "lines": [line_object(batch, line, coupons) for line in lines],
        "next": lines[-1].number if lines else None,
    }


def line_object(batch: Batch, line: ShownLine, coupons: Mapping[int, Coupon]) -> Json:
    return {
        "line": line.number,
        "sent": named_cells(batch, line.cells),
        **became(batch, line, coupons),
        "errors": [error(refusal) for refusal in line.refusals],
    }


def became(batch: Batch, line: ShownLine, coupons: Mapping[int, Coupon]) -> Json:
    if batch.kind == Kind.CUSTOMERS:
        return {"customerId": line.ids[0] if line.ids else None}
    if batch.kind == Kind.CODES:
        return {"couponId": line.ids[0] if line.ids else None}
    return {"coupons": [coupon_object(coupons[pk]) for pk in line.ids]}


def coupon_object(coupon: Coupon) -> Json:
    return {"code": coupon.code, "couponId": coupon.pk, "seriesId": coupon.series_id}


def error(refusal: Refusal) -> Json:
    return {
        "status": False,
        "code": refusal.code,
        "message": refusal.message,
        "seriesId": refusal.series_id,
        "count": refusal.missing,
    }


def lever_object(batch: Batch) -> Json:
    """What holds for all coupons of a batch."""
    origin = batch.origin
    end = origin.expires_at
    return {
        "id": batch.pk,
        "pausedOn": api_time(origin.paused_at),
        "revokedOn": api_time(origin.revoked_at),
        "validTill": api_date(end and local_date(end)),
        "validTillDateTime": api_time(end),
    }
