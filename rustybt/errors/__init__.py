"""Every error rustybt raises, beside those of `warehouse.errors`.

RustyBTError
├── MissingExtraError               ImportError: an optional package is not installed
├── MissingProgramError             OSError: an optional program is not installed
├── RowOrderError                   RuntimeError: rows of a pipeline that came out of order
├── WorkersError                    TypeError: a class or function that workers cannot import
├── UnknownSymbolError              LookupError: names the nearest
├── AmbiguousSymbolError            LookupError: a symbol of several assets at the same time
├── UnknownSidError                 LookupError
├── UnknownRootError                LookupError: no chain of futures has this root symbol
├── NotAnAssetError                 TypeError: a symbol or sid where an asset is expected
├── SpanError                       ValueError: a span that the bundle cannot answer
├── OptionError                     ValueError: an option of a run that cannot be
├── StrategyFileError               ValueError: a file that holds no strategy
├── StrategyError                   RuntimeError: raised inside a hook of a strategy
├── HookError                       RuntimeError: a word used in a hook that does not allow it
├── FieldError                      LookupError: no such field of a bar
├── HistoryError                    ValueError: a window of history that cannot be
├── LookaheadError                  ValueError: bars that are later than the simulated time
├── ResolutionError                 LookupError: a bundle without bars of that length
├── MissingRateError                LookupError: a currency without a price in that of the account
├── ExpiryError                     LookupError: an option that expires on what has no price
├── LedgerError                     ArithmeticError: the books do not balance
├── OrderError
│   ├── OrderParametersError        ValueError: an amount, price or style that cannot be
│   ├── CannotOrderError            ValueError: the asset is not listed yet or has no price to order by
│   └── TradingControlError         RuntimeError: a limit that the strategy has set for its orders
├── AccountControlError             RuntimeError: a limit that the strategy has set for its account
├── FetchFileError                  ValueError: a file of `fetch_csv` that cannot be used
├── RunError
│   ├── UnknownRunError             LookupError: no stored run of this name; names the nearest
│   ├── RunNotStoredError           RuntimeError: a run that ended and could not be stored
│   ├── ReproduceError              ValueError: a stored run that cannot be repeated
│   └── SweepError                  ValueError: parameters, splits or workers that cannot be
├── SourceError                     a source that cannot be ingested; nothing was committed
│   ├── SourceFileError             ValueError: a file that is empty, unreadable or of unknown kind
│   ├── LegacyFileError             ValueError: a file of zipline or pandas of another layout, or damaged
│   ├── MigrationError              RuntimeError: what was taken of files is not what they hold
│   ├── NoBarsError                 LookupError: a day or sid that a reader of bars does not hold
│   ├── ColumnsError                ValueError: a missing or ambiguous column
│   ├── ColumnTypeError             TypeError: a column whose type cannot be a number or time
│   ├── DuplicateRowsError          ValueError: two different rows of one symbol and time
│   ├── NothingReadError            ValueError: every row was rejected, or there is none
│   ├── EmptySpanError              ValueError: a span without a session of the calendar
│   ├── WrongRowsError              ValueError: a source answered other rows than it was asked for
│   ├── SymbolsFailedError          symbols that could not be read, with the reason of each
│   ├── NoSourceError               LookupError: a bundle that does not know its source
│   ├── NoFailureError              LookupError: failed symbols are wanted, and there are none
│   ├── NotRegisteredError          LookupError: no such bundle is registered; names the nearest
│   ├── SpecificationError          ValueError: what a bundle is fetched from cannot be stored or read
│   ├── RequestError                ValueError: a request to an adapter that cannot be
│   │   └── UnsupportedResolutionError  the source has no bars of that length, or of those days
│   ├── UnknownAdapterError         LookupError: names the nearest
│   ├── FetchError                  symbols that are not complete; has what came, and the report
│   ├── KeyFileError                PermissionError: a file of keys that others can read
│   └── DataAdapterError            an answer that cannot be used
│       ├── NetworkError            ConnectionError: unreachable or out of order; asked again
│       ├── RateLimitError          too many requests; asked again when it is time
│       │   └── QuotaExceededError  the allowance of the plan is used up
│       ├── DataParsingError        ValueError: not what the source documents; asked again twice
│       └── RefusedError            refused for good
│           ├── AuthenticationError  PermissionError: a key that is missing or wrong
│           └── SymbolNotFoundError  LookupError: names the nearest
├── NotIngestedError                LookupError: a bundle that has no snapshot yet
├── BundleTableError                ValueError: a table beside the bars that cannot be stored
├── UnknownCalendarError            LookupError: names the nearest
├── QualityError                    ValueError: a policy refuses rows; nothing was committed
├── PolicyError                     ValueError: a setting of a policy that cannot be
├── CleanError                      ValueError: snapshots to remove that contradict each other
├── DerivedMetadataError            TypeError: metadata follow from snapshots and are not written
└── PipelineError
    ├── TermParameterError          ValueError: a window length, rank method, count or literal
    ├── TermInputsError             ValueError: inputs that are missing, too many or no terms
    ├── WindowInputError            ValueError: a window over values of unlike adjustment
    ├── ForeignAssetError           ValueError: an asset of another bundle is compared with
    ├── UnknownFieldError           AttributeError: names the nearest field of the dataset
    ├── TruthError                  TypeError: `and`, `or` or `if` on a filter
    ├── UnsupportedColumnError      TypeError: an object that cannot be a column or a screen
    ├── ColumnNameError             KeyError: a name that is taken, reserved or unknown
    ├── ScreenError                 ValueError: a second screen
    ├── PipelineNameError           LookupError: a name of a pipeline that is taken or unknown
    ├── BadPercentileBoundsError    ValueError: percentiles out of order or out of range
    ├── InvalidClassifierComparisonError  TypeError: `<` or `>` on labels
    ├── AmbiguousDomainError        ValueError: terms of two markets in one pipeline
    ├── DomainMismatchError         ValueError: a domain beside a bundle of another
    ├── DatasetError                ValueError: a dataset that cannot be
    ├── SqlFactorError              ValueError: an expression with more than the allowed words
    ├── CustomTermError             RuntimeError: raised inside compute of a custom term
    ├── EngineError                 TypeError: an engine made of loaders instead of a bundle
    └── PipelineFileError           ValueError: a file that holds no pipeline
"""

from rustybt.errors.fetching import (
    AuthenticationError,
    DataAdapterError,
    DataParsingError,
    FetchError,
    KeyFileError,
    NetworkError,
    QuotaExceededError,
    RateLimitError,
    RefusedError,
    RequestError,
    SymbolNotFoundError,
    UnknownAdapterError,
    UnsupportedResolutionError,
)
from rustybt.errors.ingesting import (
    BundleTableError,
    CleanError,
    ColumnsError,
    ColumnTypeError,
    DerivedMetadataError,
    DuplicateRowsError,
    EmptySpanError,
    LegacyFileError,
    MigrationError,
    NoBarsError,
    NoFailureError,
    NoSourceError,
    NothingReadError,
    NotIngestedError,
    NotRegisteredError,
    PolicyError,
    QualityError,
    SourceError,
    SourceFileError,
    SpecificationError,
    SymbolsFailedError,
    UnknownCalendarError,
    WrongRowsError,
)
from rustybt.errors.pipelines import (
    AmbiguousDomainError,
    BadPercentileBoundsError,
    ColumnNameError,
    CustomTermError,
    DatasetError,
    DomainMismatchError,
    EngineError,
    ForeignAssetError,
    InvalidClassifierComparisonError,
    PipelineError,
    PipelineFileError,
    PipelineNameError,
    ScreenError,
    SqlFactorError,
    TermInputsError,
    TermParameterError,
    TruthError,
    UnknownFieldError,
    UnsupportedColumnError,
    WindowInputError,
)
from rustybt.errors.root import (
    AmbiguousSymbolError,
    MissingExtraError,
    MissingProgramError,
    NotAnAssetError,
    OptionError,
    RowOrderError,
    RustyBTError,
    SpanError,
    UnknownRootError,
    UnknownSidError,
    UnknownSymbolError,
    WorkersError,
    with_notes,
)
from rustybt.errors.running import (
    AccountControlError,
    CannotOrderError,
    ExpiryError,
    FetchFileError,
    FieldError,
    HistoryError,
    HookError,
    LedgerError,
    LookaheadError,
    MissingRateError,
    OrderError,
    OrderParametersError,
    ResolutionError,
    StrategyError,
    StrategyFileError,
    TradingControlError,
)
from rustybt.errors.stored import (
    ReproduceError,
    RunError,
    RunNotStoredError,
    SweepError,
    UnknownRunError,
)

AccountControlViolation = AccountControlError  # zipline's names
TradingControlViolation = TradingControlError

__all__ = [
    "AccountControlError",
    "AccountControlViolation",
    "AmbiguousDomainError",
    "AmbiguousSymbolError",
    "AuthenticationError",
    "BadPercentileBoundsError",
    "BundleTableError",
    "CannotOrderError",
    "CleanError",
    "ColumnNameError",
    "ColumnTypeError",
    "ColumnsError",
    "CustomTermError",
    "DataAdapterError",
    "DataParsingError",
    "DatasetError",
    "DerivedMetadataError",
    "DomainMismatchError",
    "DuplicateRowsError",
    "EmptySpanError",
    "EngineError",
    "ExpiryError",
    "FetchError",
    "FetchFileError",
    "FieldError",
    "ForeignAssetError",
    "HistoryError",
    "HookError",
    "InvalidClassifierComparisonError",
    "KeyFileError",
    "LedgerError",
    "LegacyFileError",
    "LookaheadError",
    "MigrationError",
    "MissingExtraError",
    "MissingProgramError",
    "MissingRateError",
    "NetworkError",
    "NoBarsError",
    "NoFailureError",
    "NoSourceError",
    "NotAnAssetError",
    "NotIngestedError",
    "NotRegisteredError",
    "NothingReadError",
    "OptionError",
    "OrderError",
    "OrderParametersError",
    "PipelineError",
    "PipelineFileError",
    "PipelineNameError",
    "PolicyError",
    "QualityError",
    "QuotaExceededError",
    "RateLimitError",
    "RefusedError",
    "ReproduceError",
    "RequestError",
    "ResolutionError",
    "RowOrderError",
    "RunError",
    "RunNotStoredError",
    "RustyBTError",
    "ScreenError",
    "SourceError",
    "SourceFileError",
    "SpanError",
    "SpecificationError",
    "SqlFactorError",
    "StrategyError",
    "StrategyFileError",
    "SweepError",
    "SymbolNotFoundError",
    "SymbolsFailedError",
    "TermInputsError",
    "TermParameterError",
    "TradingControlError",
    "TradingControlViolation",
    "TruthError",
    "UnknownAdapterError",
    "UnknownCalendarError",
    "UnknownFieldError",
    "UnknownRootError",
    "UnknownRunError",
    "UnknownSidError",
    "UnknownSymbolError",
    "UnsupportedColumnError",
    "UnsupportedResolutionError",
    "WindowInputError",
    "WorkersError",
    "WrongRowsError",
    "with_notes",
]
