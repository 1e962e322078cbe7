<?php

namespace think\db;

/** The part of the query builder that a thin addon uses. */
class Query
{
    private $connection;
    private $table = '';
    private $where = [];
    private $bind = [];
    private $field = '*';
    private $tail = ['order' => '', 'limit' => '', 'lock' => ''];

    public function __construct(Connection $connection)
    {
        $this->connection = $connection;
    }

    public function name($name)
    {
        return $this->table($this->connection->getConfig('prefix') . $name);
    }

    public function table($table)
    {
        $this->table = $table;
        return $this;
    }

    /** where('id', 1), where('id', 'in', [1, 2]), where('id', '>', 1), where(['id' => 1, 'x' => ['>', 2]]) */
    public function where($field, $op = null, $condition = null)
    {
        if (is_array($field)) {
            foreach ($field as $name => $value) {
                is_array($value) ? $this->where($name, ...$value) : $this->where($name, $value);
            }
            return $this;
        }
        [$op, $condition] = func_num_args() === 2 ? ['=', $op] : [strtoupper($op), $condition];
        if ($condition === null) {
            $this->where[] = "`$field` IS NULL";
        } elseif ($op === 'IN' || $op === 'NOT IN') {
            $values = is_array($condition) ? $condition : explode(',', $condition);
            $this->where[] = "`$field` $op (" . implode(',', array_fill(0, count($values), '?')) . ')';
            array_push($this->bind, ...array_values($values));
        } else {
            $words = ['EQ' => '=', 'NEQ' => '<>', 'GT' => '>', 'EGT' => '>=', 'LT' => '<', 'ELT' => '<='];
            $this->where[] = "`$field` " . ($words[$op] ?? $op) . ' ?';
            $this->bind[] = $condition;
        }
        return $this;
    }

    public function field($field)
    {
        $this->field = is_array($field) ? implode(',', $field) : $field;
        return $this;
    }

    public function order($field, $order = null)
    {
        $this->tail['order'] = " ORDER BY $field $order";
        return $this;
    }

    public function limit($offset, $length = null)
    {
        $this->tail['limit'] = ' LIMIT ' . (int) $offset . ($length === null ? '' : ',' . (int) $length);
        return $this;
    }

    public function lock($lock = false)
    {
        $this->tail['lock'] = $lock ? ' FOR UPDATE' : '';
        return $this;
    }

    public function select()
    {
        $sql = "SELECT $this->field FROM `$this->table`" . $this->conditions() . implode('', $this->tail);
        return $this->connection->query($sql, $this->bind);
    }

    public function find($id = null)
    {
        $id === null || $this->where('id', $id);
        return $this->limit(1)->select()[0] ?? null;
    }

    public function value($field, $default = null)
    {
        $row = $this->field($field)->find();
        return $row ? current($row) : $default;
    }

    public function column($field, $key = '')
    {
        return array_column($this->field($key ? "$field,$key" : $field)->select(), $field, $key ?: null);
    }

    public function count($field = '*')
    {
        return (int) $this->value("COUNT($field)");
    }

    public function insert(array $data)
    {
        $columns = '`' . implode('`,`', array_keys($data)) . '`';
        $marks = implode(',', array_fill(0, count($data), '?'));
        $sql = "INSERT INTO `$this->table` ($columns) VALUES ($marks)";
        return $this->connection->execute($sql, array_values($data));
    }

    public function insertGetId(array $data)
    {
        $this->insert($data);
        return $this->connection->getPdo()->lastInsertId();
    }

    public function update(array $data)
    {
        $sets = implode(',', array_map(fn ($name) => "`$name`=?", array_keys($data)));
        $sql = "UPDATE `$this->table` SET $sets" . $this->conditions(true);
        return $this->connection->execute($sql, array_merge(array_values($data), $this->bind));
    }

    public function delete()
    {
        return $this->connection->execute("DELETE FROM `$this->table`" . $this->conditions(true), $this->bind);
    }

    /** Without conditions nothing may be changed. */
    private function conditions($required = false)
    {
        if ($required && !$this->where) {
            throw new \think\Exception('miss update or delete condition');
        }
        return $this->where ? ' WHERE ' . implode(' AND ', $this->where) : '';
    }
}
