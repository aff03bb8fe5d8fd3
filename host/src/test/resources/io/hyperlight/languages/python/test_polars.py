"""What users do with polars: lazy frames, joins, groups, windows, strings, dates, files, threads."""
import concurrent.futures
import datetime
import io

import numpy
import polars as pl
import pytest

ROWS = 50_000


@pytest.fixture(scope='module')
def frame():
    random = numpy.random.default_rng(7)
    return pl.DataFrame({
        'key': random.integers(0, 100, ROWS),
        'value': random.integers(-1000, 1000, ROWS),
        'weight': random.random(ROWS),
        'name': [f'name {n}' for n in random.integers(0, 1000, ROWS)],
    })


def test_the_pool_has_a_thread_for_each_processor():
    assert pl.thread_pool_size() == 1


def test_groups_are_what_numpy_computes(frame):
    found = frame.group_by('key').agg(pl.col('value').sum()).sort('key')
    expected = numpy.bincount(frame['key'].to_numpy(), weights=frame['value'].to_numpy())
    assert found['value'].to_list() == [int(one) for one in expected]


def test_a_lazy_query_is_what_an_eager_one_is(frame):
    lazy = frame.lazy().filter(pl.col('value') > 0).with_columns(twice=pl.col('value') * 2).group_by('key')
    eager = frame.filter(pl.col('value') > 0).with_columns(twice=pl.col('value') * 2).group_by('key')
    aggregations = [pl.col('twice').sum(), pl.len(), pl.col('name').n_unique()]
    assert lazy.agg(aggregations).sort('key').collect().equals(eager.agg(aggregations).sort('key'))


def test_a_streaming_query_is_what_one_in_memory_is(frame):
    query = frame.lazy().group_by('name').agg(pl.col('value').max(), pl.len()).sort('name')
    assert query.collect(engine='streaming').equals(query.collect(engine='in-memory'))


@pytest.mark.parametrize('how', ['inner', 'left', 'full', 'semi', 'anti', 'cross'])
def test_joins(how):
    left = pl.DataFrame({'k': [1, 2, 3, 4], 'l': list('abcd')})
    right = pl.DataFrame({'k': [2, 4, 4, 5], 'r': list('wxyz')})
    rows = {'inner': 3, 'left': 5, 'full': 6, 'semi': 2, 'anti': 2, 'cross': 16}
    joined = left.join(right, how=how) if how == 'cross' else left.join(right, on='k', how=how)
    assert joined.height == rows[how]


def test_a_join_of_all_rows(frame):
    names = frame.select(pl.col('name').unique().sort()).with_row_index('number')
    joined = frame.join(names, on='name')
    assert joined.height == ROWS
    assert joined.group_by('name').agg(pl.col('number').n_unique())['number'].max() == 1


def test_windows(frame):
    windowed = frame.with_columns(share=pl.col('weight') / pl.col('weight').sum().over('key'))
    sums = windowed.group_by('key').agg(pl.col('share').sum())['share']
    assert sums.len() == 100 and ((sums - 1).abs() < 1e-9).all()


def test_rolling_and_sorting(frame):
    ordered = frame.sort('value', 'weight', 'name')
    assert ordered['value'].is_sorted()
    assert ordered['weight'].rolling_mean(10).drop_nulls().len() == ROWS - 9


@pytest.mark.parametrize('kind', ['csv', 'parquet', 'ipc', 'ndjson', 'avro'])
def test_files_keep_frames(frame, kind, tmp_path):
    file = tmp_path / ('frame.' + kind)
    getattr(frame, 'write_' + kind)(file)
    assert getattr(pl, 'read_' + kind)(file).select(frame.columns).equals(frame)


@pytest.mark.parametrize('kind', ['csv', 'parquet', 'ipc', 'ndjson'])
def test_files_are_scanned_and_sunk(frame, kind, tmp_path):
    file = tmp_path / ('frame.' + kind)
    getattr(frame.lazy(), 'sink_' + kind)(file)
    scanned = getattr(pl, 'scan_' + kind)(file).filter(pl.col('key') == 7).select(pl.col('value').sum())
    assert scanned.collect().item() == frame.filter(pl.col('key') == 7)['value'].sum()


def test_several_files_are_one_scan(frame, tmp_path):
    for part in range(5):
        frame.slice(part * 10_000, 10_000).write_parquet(tmp_path / f'part{part}.parquet')
    assert pl.scan_parquet(tmp_path / '*.parquet').collect().equals(frame)


def test_strings_and_regular_expressions(frame):
    numbers = frame['name'].str.extract(r'(\d+)$').cast(pl.Int64)
    assert numbers.max() == 999 and numbers.null_count() == 0
    assert frame['name'].str.to_uppercase().str.starts_with('NAME').all()


def test_dates():
    days = pl.date_range(datetime.date(2024, 1, 1), datetime.date(2024, 12, 31), eager=True)
    assert days.len() == 366 and days.dt.month().value_counts()['count'].max() == 31
    zoned = pl.Series([datetime.datetime(2024, 7, 1, 12)]).dt.replace_time_zone('UTC').dt.convert_time_zone('Asia/Tokyo')
    assert zoned.dt.hour().item() == 21


def test_sql(frame):
    found = pl.SQLContext(t=frame).execute('select key, count(*) as n from t group by key order by key', eager=True)
    assert found['n'].sum() == ROWS


def test_arrow_and_numpy_share_what_a_frame_has(frame):
    assert pl.from_arrow(frame.to_arrow()).equals(frame)
    assert frame['weight'].to_numpy().sum() == pytest.approx(frame['weight'].sum())


def test_functions_of_python_are_called(frame):
    head = frame.head(1000)
    assert head['value'].map_elements(lambda n: n + 1, return_dtype=pl.Int64).to_list() == (head['value'] + 1).to_list()


def test_queries_of_several_threads(frame):
    def query(key):
        return frame.lazy().filter(pl.col('key') == key).select(pl.col('value').sum()).collect().item()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(query, range(20)))
    assert found == [query(key) for key in range(20)]


def test_queries_that_are_collected_together(frame):
    queries = [frame.lazy().filter(pl.col('key') == key).select(pl.len()) for key in range(10)]
    assert sum(one.item() for one in pl.collect_all(queries)) == frame.filter(pl.col('key') < 10).height


def test_errors_are_exceptions():
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        pl.DataFrame({'a': [1]}).select('b')
    with pytest.raises(pl.exceptions.ComputeError):
        pl.read_csv(io.BytesIO(b'a,b\n1,x\n'), schema={'a': pl.Int64, 'b': pl.Int64})


def test_a_frame_survives_pickling(frame):
    import pickle
    assert pickle.loads(pickle.dumps(frame)).equals(frame)
