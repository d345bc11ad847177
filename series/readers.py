"""How one documented member is read off a series. Pure."""

import json
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.utils import timezone

from couponadmin.times import api_date, api_time, local_date
from series.expiry import last_valid_day
from series.members import ECHOED
from series.models import ClientHandling, Series

Json = dict[str, Any]
Reader = Callable[[Series], Any]


def number(amount: Decimal | None) -> int | float:
    """An amount as these samples have it: 500, not 500.0; none is 0."""
    if amount is None:
        return 0
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def epoch_ms(instant: datetime | None) -> int:
    return int(instant.timestamp() * 1000) if instant else 0


def limit(column: str) -> Reader:
    """-1 stands for "no limit"."""
    read = attrgetter(column)
    return lambda series: -1 if read(series) is None else read(series)


def amount(column: str) -> Reader:
    """0 stands for "none"."""
    read = attrgetter(column)
    return lambda series: number(read(series))


def length(column: str) -> Reader:
    """0 stands for "the default"."""
    read = attrgetter(column)
    return lambda series: read(series) or 0


def day(column: str) -> Reader:
    read = attrgetter(column)
    return lambda series: api_date(read(series))


def time_of(column: str) -> Reader:
    read = attrgetter(column)
    return lambda series: api_time(read(series))


def max_bill_amount(series: Series) -> int | float:
    return -1 if series.max_bill_amount is None else number(series.max_bill_amount)


def valid_days_from_creation(series: Series) -> int:
    """How many days a coupon is valid that is issued on the day the series was made; -1: always."""
    created_on = local_date(series.created_at)
    last_day = last_valid_day(
        series.expiry_strategy_type,
        series.expiry_strategy_value,
        valid_till=series.valid_till_date,
        issued_on=created_on,
    )
    return (last_day - created_on).days if last_day else -1


def created_by(series: Series) -> int:
    """The id of the API client or, for a series made in the admin, of the person."""
    return series.created_by_client_id or series.created_by_user_id or -1


def issued(series: Series) -> int:
    """Complete where the series was read `with_counts()`."""
    return int(getattr(series, "total_issued", series.num_issued))


def redeemed(series: Series) -> int:
    return int(getattr(series, "total_redeemed", series.num_redeemed))


def uploaded_not_issued(series: Series) -> int:
    if series.client_handling_type != ClientHandling.DISC_CODE_PIN:
        return 0
    return max(series.num_uploaded_total - issued(series), 0)


def redemption_range(series: Series) -> str:
    """A JSON object in a string, written as the sample has it; [-1] stands for "any"."""
    dom, dow, hours = (series.redemption_range.get(key) or [-1] for key in ("dom", "dow", "hours"))
    return f'{{"dom" : {dom}, "dow": {dow}, "hours": {hours}}}'


def mutual_exclusive_series_ids(series: Series) -> str:
    """A JSON list in a string."""
    return json.dumps(series.mutual_exclusive_series_ids)


def target_user_details(series: Series) -> Json:
    return {
        "validMaxUserTransactionLimit": limit("valid_max_user_transaction_limit")(series),
        "validUserRegistrationStartTime": limit("valid_user_registration_start_time")(series),
        "validUserRegistrationEndTime": limit("valid_user_registration_end_time")(series),
    }


def fixed_expiry_date(series: Series) -> int:
    """The end's 00:00:00 in epoch milliseconds; 0: the series has no end."""
    end: date | None = series.valid_till_date
    zone = timezone.get_default_timezone()
    return epoch_ms(datetime.combine(end, time.min, zone)) if end else 0


def last_used(series: Series) -> str | None:
    """The last redemption; as in the sample the creation as long as there was none."""
    return api_time(series.latest_redeemed_at or series.created_at)


def dvs_expiry_date(series: Series) -> str | None:
    """As in the sample, where nothing else is known about it: the day of the creation."""
    return api_date(local_date(series.created_at))


def echoed(member: str) -> Reader:
    return lambda series: ECHOED[member]
